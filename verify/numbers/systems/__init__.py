"""What + * sqrt exp sign mean in each number system, one module a system."""

"""Games whose drift is smooth where it is: equilibria proposed in floats, enclosed in balls."""

"""Objects of one's own: what is checked when they come from a file."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("own losses",
        ("test_own_losses.py", "test_losses.py"),
        {
            "verify/losses/check_loss.py": (
                ("a tail is exponential as declared", "        if loss.tail is None:\n            ratios", "        if loss.tail is not None:\n            return \"\"\n        if loss.tail is None:\n            ratios"),
                ("compiled code unseen", "if compiled:\n        function", "if False:\n        function"),
            ),
            "verify/losses/load.py": (
                ("a loss is known by its name", "return shipped.get(loss.name) == loss and", "return loss.name in shipped and"),
                ("traits unseen on loading", "        if not trait.ok:", "        if False:"),
            ),
        }),
    Part("own formats",
        ("test_own_formats.py",),
        {
            "verify/numbers/formats/check_format.py": (
                ("bits taken on trust", "if Fraction(value) % unit:", "if False:"),
                ("rounding twice allowed", "2 * form.bits + 2 > held", "2 * form.bits > held"),
            ),
        }),
    Part("own claims",
        ("test_own_claims.py", "test_drawers.py"),
        {
            "verify/drawers.py": (
                ("names that are paths", "[A-Za-z0-9._-]{0,59}", "[A-Za-z0-9./_-]{0,59}"),
                ("another type passes", "if not isinstance(found, self.kind):", "if False:"),
            ),
            "verify/derive/run.py": (
                ("a chain without steps stands", "if not chain.steps or not all", "if not all"),
            ),
            "properties/registry.py": (
                ("a claim under the id of another", "if shipped().get(claim.id, claim) is not claim:", "if False:"),
            ),
        }),
)

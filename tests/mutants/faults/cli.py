"""What a person meets."""

from __future__ import annotations

from mutants.fault import Part

# fmt: off
PARTS = (
    Part("command",
        ("test_cli.py",),
        {
            "verify/cli/__init__.py": (
                ("bad input is status 1", "    return 2\n", "    return 1\n"),
            ),
            "verify/cli/commands/check.py": (
                ("an invalid certificate is status 0", "raise typer.Exit(status)", "raise typer.Exit(0)"),
            ),
            "verify/ask/values.py": (
                ("half a step", "    if not written:\n", "    if False:\n"),
                ("any size of number", "if number and not SMALLEST <= abs(number) <= LARGEST:", "if False:"),
            ),
        },
    ),
    Part("files",
        ("test_files.py",),
        {
            "verify/files.py": (
                ("a temporary file left", "            os.unlink(part)\n", "            pass\n"),
                ("not brought to the disk", "            os.fsync(handle)\n", "            pass\n"),
                ("a pipe waited for", "os.O_RDONLY | _NONBLOCK | _BINARY", "os.O_RDONLY | _BINARY"),
            ),
            "verify/console.py": (
                ("two options with one file", "            if here == there:\n", "            if False:\n"),
                ("escapes on the screen", "    line = \" \".join(map(_cut, printable(\" \".join(message.split())).split(\" \")))", "    line = \" \".join(map(_cut, \" \".join(message.split()).split(\" \")))"),
            ),
        },
    ),
    Part("views",
        ("test_cli_views.py",),
        {
            "verify/ask/prediction.py": (
                ("each limit against one margin", "[measure(limit.direction, m.unit()) for", "[measure(limit.direction, [*self.margins.values()][0].unit()) for"),
            ),
            "verify/cli/views.py": (
                ("claims not as expected go unnamed", "if not result.as_expected]", "if result.as_expected]"),
                ("what should fail is as it should be where it holds", 'result.claim.expected == "fails" and result.as_expected else note', 'result.claim.expected == "fails" else note'),
            ),
            "verify/ask/margin.py": (
                ("a face called one maximizer", '            if found.unique\n            else f"the maximizer is not', '            if found.support\n            else f"the maximizer is not'),
            ),
            "verify/ask/simulation.py": (
                ("w_T and its direction exchanged", '{"w_T": found.weights, ', '{"w_T": found.direction, '),
            ),
            "verify/ask/prediction_text.py": (
                ("a star where the maximizer is unique", 'star = "" if margin.unique else "*"', 'star = "*" if margin.unique else ""'),
                ("a run that ended early is no agreement", "if run.steps < run.needed:", "if run.steps > run.needed:"),
                ("complete is incomplete", "(\"these are all\" if prediction.complete else", "(\"these are all\" if not prediction.complete else"),
                ("what is measured called certified", "elif prediction.from_start is Verdict.CERTIFIED:", "elif True:"),
                ("a start that no flow was followed from", "elif not any(prediction.start) or prediction.from_start is Verdict.UNDECIDED:", "elif not any(prediction.start):"),
            ),
            "verify/ask/words.py": (
                ("the last zero entry named as first", "i, k = zeros[0]", "i, k = zeros[-1]"),
            ),
            "verify/cli/paths.py": (
                ("the limits of the full batch at each size", "replace(opt, batch_size=b), starts", "replace(opt, batch_size=data.n), starts"),
                ("limits of all batch sizes on one line", "            else:\n                lines.append([point])", "            else:\n                lines[0].append(point)"),
                ("a mark at beta2 for p", "np.interp(change.p, _to_p(x), y)", "np.interp(change.beta2, _to_p(x), y)"),
                ("a line that ends said to begin", '(line.begin, " begins"),', '(line.end, " begins"),'),
                ("log(beta2) for log(beta2 / (1 - beta2))", "np.log10(inside / (1 - inside))", "np.log10(inside)"),
                ("another start's limit on the line of w_0 = 0", "if number == 0 and not found.note:", "if number == 0:"),
                ("where a line ends told as its begin", "\"begin\": change(line.begin)", "\"begin\": change(line.end)"),
                ("angles from the point itself", "{name: degrees(point.direction, u) for name", "{name: degrees(u, u) for name"),
                ("only the ends of a line over batch sizes", "for point in ends if found.kind == \"beta2\" else line.points:", "for point in ends:"),
            ),
            "verify/cli/simplex.py": (
                ("arrows without the mean cost", "(-c * (F - c @ F)) @ CORNERS", "(-c * F) @ CORNERS"),
                ("arrows against the flow", "(-c * (F - c @ F)) @ CORNERS", "(c * (F - c @ F)) @ CORNERS"),
                ("rows exchanged in the velocity", "difference = game.X[0] - game.X[1]", "difference = game.X[1] - game.X[0]"),
                ("angles from the last limit", "degrees(limit.direction, limits[0].direction):.1f", "degrees(limit.direction, limits[-1].direction):.1f"),
            ),
            "verify/console.py": (
                ("a name broken in two", "break_long_words=False", "break_long_words=True"),
                ("the smallest entries first", "key=lambda k: -abs(sizes[k])", "key=lambda k: abs(sizes[k])"),
                ("a folder that is not there seen after the work", "    if not os.path.isdir(folder):\n", "    if False:\n"),
                ("tables between the lines of a document", "quiet=QUIET or STANDARD_OUTPUT in targets", "quiet=QUIET or STANDARD_OUTPUT in targets[:1]"),
                ("a picture's folder not looked at", 'PICTURES)}")\n    check_writable(target)', 'PICTURES)}")\n    check_writable(None)'),
                ("nan in a document", "allow_nan=False", "allow_nan=True"),
            ),
            "verify/files.py": (
                ("a document that only its writer reads", "mode: int = 0o666", "mode: int = 0o600"),
            ),
            "verify/cli/pictures.py": (
                ("the full batch twice", "*(b for b in steps if b < n), n]", "*(b for b in steps if b <= n), n]"),
                ("the two margins' axes exchanged", "return degrees(direction, l2), degrees(direction, linf)", "return degrees(direction, linf), degrees(direction, l2)"),
                ("a label away from its places", 'annotate(", ".join(shared), point,', 'annotate(", ".join(shared), points[0],'),
                ("the next label has the last one's too", "            shared.clear()\n", "            pass\n"),
            ),
        },
    ),
)

"""The questions, one file each, as the command line and Python ask them: options made exact, an engine, an answer."""

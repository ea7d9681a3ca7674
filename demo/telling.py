"""Tells the story: progress while it runs, and the table at its end. A row is good if what was seen is what was promised;
a scene that breaks is a row that failed, and the story goes on."""

import time
import traceback


class Row:
    def __init__(self, done, expected, seen):
        self.done, self.expected, self.seen = done, str(expected), str(seen)

    @property
    def good(self):
        return self.expected == self.seen


class Telling:
    def __init__(self):
        self.rows = []
        self.begin = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self.begin:6.2f} s] {text}", flush=True)

    def scene(self, scene, stage):
        title = scene.__doc__.strip().split("\n")[0].rstrip(".")
        self.say(title)
        try:
            for done, expected, seen in scene(stage):
                self.row(Row(done, expected, seen))
        except Exception as error:  # the story goes on, and the row tells
            traceback.print_exc()
            self.row(Row(title, "to come to its end", f"{type(error).__name__}: {first_line(error)}"))

    def row(self, row):
        self.rows.append(row)
        mark = "ok" if row.good else f"FAILED: expected {row.expected}"
        self.say(f"    {row.done}: {row.seen}  {mark}")

    def table(self):
        """Prints it; True if all is good."""
        head = ("What was done", "Expected", "Seen", "")
        lines = [(row.done, row.expected, short(row.seen), "ok" if row.good else "FAILED") for row in self.rows]
        widths = [max(len(line[column]) for line in [head, *lines]) for column in range(4)]
        print()
        for line in [head, tuple("-" * width for width in widths), *lines]:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
        bad = sum(not row.good for row in self.rows)
        print(f"\n{len(self.rows) - bad} of {len(self.rows)} as told" + (f", {bad} FAILED" if bad else ""), flush=True)
        return bad == 0 and bool(self.rows)


def first_line(error):
    return (str(error).splitlines() or [""])[0][:200]


def short(text):
    return text if len(text) <= 60 else text[:57] + "..."

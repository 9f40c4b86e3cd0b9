"""The report of a scan, and the exceptions for files that are refused."""
_ORDER = ("not-a-model", "clean", "suspicious", "incomplete", "malicious")


class Error(Exception):
    """The base class of this package's exceptions."""


class Refused(Error):
    """The scan is not clean.  .path is the checked path, .report the Report."""

    def __init__(self, path, report):
        super().__init__(path, report)
        self.path, self.report = path, report

    def __str__(self):
        return f"{self.path}: {self.report.verdict}" + "".join(f"; {why}" for why in self.report.reasons(3))


class Suspicious(Refused):
    """The file contains a name that has not been reviewed, or a structure that real tools do not write."""


class Incomplete(Refused):
    """A part of the file was not read, and its content is unknown."""


class Malicious(Refused):
    """Loading the file runs code, or the file hides executable content."""


class NotVerified(Error):
    """The signed scan is not valid for these files.  .causes: (slug, file or None, text), at least one."""

    def __init__(self, path, causes):
        super().__init__(path, causes)
        self.path, self.causes = path, causes

    def __str__(self):
        return f"{self.path}: not verified" + "".join(f"; {file + ': ' if file else ''}{text}" for _, file, text in self.causes[:3])


class NotNamed(Error):
    """restrict=True: unpickling requested an import that the report does not name."""


REFUSALS = {"suspicious": Suspicious, "incomplete": Incomplete, "malicious": Malicious}


class Report:
    """The report of a scan.  .data is all of it (schema modelassay.report/1, docs/); str() is the text that the command prints."""

    def __init__(self, data, text):
        self.data, self._text = data, text

    @property
    def verdict(self):
        """'not-a-model', 'clean', 'suspicious', 'incomplete' or 'malicious'."""
        return self.data["verdict"]

    @property
    def files(self):
        """One dict per file."""
        return self.data["files"]

    @property
    def findings(self):
        """One dict per finding, over all files."""
        return [f for file in self.files for f in file["findings"]]

    @property
    def imports(self):
        """The (module, name) pairs that unpickling imports, over all files; frozenset."""
        return frozenset((i["module"], i["name"]) for file in self.files for i in file["imports"])

    def at_least(self, verdict):
        """True if the verdict is the given one or a worse one."""
        return _ORDER.index(self.verdict) >= _ORDER.index(verdict)

    def reasons(self, most):
        """Up to `most` short lines: the worst findings, then the parts that were not read."""
        rank = ("critical", "high", "medium", "low", "info")
        found = sorted((f for f in self.findings if "waived" not in f), key=lambda f: rank.index(f["severity"]))
        lines = [f"{f['rule']}: {f['title']}" + (f" ({f['evidence']})" if f.get("evidence") else "") for f in found if f["severity"] not in ("low", "info")]
        gaps = [g for file in self.files for g in file["coverage"]["not_scanned"]] + self.data["not_scanned"]
        return (lines + [f"{g['where']}: {g['reason']}" for g in gaps])[:most]

    def __str__(self):
        return self._text

    def __repr__(self):
        return f"<modelassay.Report {self.verdict}: {len(self.files)} files, {len(self.findings)} findings>"

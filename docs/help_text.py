"""Commands and options from --help, for man pages and completions."""
import re
import subprocess


class Option:
    """One line of --help: "  --format text|json  form of the report"."""
    def __init__(self, spec, words):
        parts = spec.split(" ", 1)
        self.name, self.arg, self.words = parts[0], parts[1] if len(parts) > 1 else None, words
        self.choices = self.arg.split("|") if self.arg and re.fullmatch(r"[a-z]+(\|[a-z]+)+", self.arg) else None
        self.takes_file = self.arg in ("FILE", "DIR", "KEY.pem", "PUB.pem")


class Command:
    def __init__(self, name, synopsis, does, options):
        self.name, self.synopsis, self.does, self.options = name, synopsis, does, options
        self.limits = [o for o in options if o.name.startswith("--max-") and o.arg == "N"]
        self.plain = [o for o in options if o not in self.limits]


def run(binary, *args):
    return subprocess.run([binary, *args], capture_output=True, text=True, check=True).stdout


def options_of(text):
    seen, out = set(), []
    for spec, words in re.findall(r"^  (-\S+(?: \S+)?)\s{2,}(.*)$", text, re.M):
        o = Option(spec, words)
        if o.name not in seen:                    # attest lists its own -o first
            seen.add(o.name)
            out.append(o)
    return out


def commands(binary):
    rows = re.findall(r"^  ([a-z-]+)\s", run(binary, "--help"), re.M)
    out = []
    for name in rows:
        text = run(binary, name, "--help")
        usage, does = text.splitlines()[:2]
        synopsis = usage.removeprefix(f"usage: modelassay {name}").strip()
        out.append(Command(name, synopsis, does, options_of(text) + [Option("--help", "print the options")]))
    return out


def version(binary):
    return run(binary, "--version").split()[1]

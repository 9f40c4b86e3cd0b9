#!/usr/bin/env python3
"""docs/man: a page for the program, one a command, one for the library.
usage: make_man.py BINARY HEADER OUTDIR"""
import pathlib
import re
import sys
import textwrap

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent / "man")]
import help_text
import prose


def roff(text):
    """Escapes text for roff: every dash and quote stays the character it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def fill(text):
    """Lines of at most 72 characters; roff fills them again."""
    return "\n".join(roff(line) for line in textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False))


def paragraphs(text):
    return "\n.PP\n".join(fill(re.sub(r"\s*\n\s*", " ", p.strip())) for p in re.split(r"\n\s*\n", text))


def title(name, section, version):
    return f'.\\" Made by `make docs`: change docs/man/prose.py, the --help texts or modelassay.h.\n.TH {name.upper()} {section} "" "modelassay {version}"'


def listed(rows):
    return [f".TP\n.B {roff(name)}\n{fill(words)}." for name, words in rows]


def option_rows(options):
    out = []
    for o in options:
        arg = f" \\fI{roff(o.arg)}\\fR" if o.arg else ""
        out.append(f".TP\n\\fB{roff(o.name)}\\fR{arg}\n{fill(o.words)}.")
    return out


def see_also(own, names):
    return ",\n".join(f".BR {roff(n)} ({s})" for n, s in names if n != own).replace(",\n", " ,\n")


def page(c, version, names):
    own = f"modelassay-{c.name}"
    out = [title(own, 1, version), ".SH NAME", f"{roff(own)} \\- {roff(c.does)}", ".SH SYNOPSIS",
           f"\\fBmodelassay {c.name}\\fR {roff(c.synopsis)}".rstrip(), ".SH DESCRIPTION",
           paragraphs(prose.TEXT.get(c.name, c.does[0].upper() + c.does[1:] + "."))]
    out += [".SH OPTIONS", *option_rows(c.plain)]
    if c.limits:
        out += [".SS Limits", fill("Bytes beyond a limit are not read: the file is then incomplete. The numbers are the defaults."), *option_rows(c.limits)]
    out += [".SH EXIT STATUS", *listed(prose.EXIT)]
    if c.name in prose.EXAMPLES:
        out += [".SH EXAMPLES", ".nf", *[roff(e) for e in prose.EXAMPLES[c.name]], ".fi"]
    out += [".SH SEE ALSO", see_also(own, names)]
    return "\n".join(out) + "\n"


def overview(cs, version, names):
    out = [title("modelassay", 1, version), ".SH NAME", "modelassay \\- scan model files before anything loads them", ".SH SYNOPSIS",
           "\\fBmodelassay\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...", ".br", "\\fBmodelassay\\fR \\fIPATH\\fR...", ".br",
           "\\fBmodelassay\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR", ".SH DESCRIPTION", paragraphs(prose.OVERVIEW), ".SH COMMANDS",
           *listed([(c.name, c.does) for c in cs]), ".SH VERDICTS", *listed(prose.VERDICTS), ".SH EXIT STATUS", *listed(prose.EXIT),
           ".SH ENVIRONMENT", *listed(prose.ENVIRONMENT), ".SH SEE ALSO", see_also("modelassay", names)]
    return "\n".join(out) + "\n"


def unwrap(comment):
    """The words of a C comment, paragraphs kept."""
    body = re.sub(r"^/\*|\*/$", "", comment.strip())
    return "\n".join(line.strip().removeprefix("*").strip() for line in body.splitlines()).strip()


def declarations(header):
    """(comment before, text, comment behind) of each typedef and function, in order."""
    body = header[header.index("typedef struct"):]
    pattern = r"(?P<before>/\*(?:(?!\*/).)*\*/\s*)?(?P<text>(?:typedef|MA_API)[^;{]*(?:\{[^}]*\}[^;]*)?;)[ \t]*(?P<behind>/\*(?:(?!\*/).)*\*/)?"
    for m in re.finditer(pattern, body, re.S):
        yield unwrap(m["before"] or ""), re.sub(r"^MA_API ", "", m["text"]), unwrap(m["behind"] or "")


def library(header, version):
    intro = unwrap(re.match(r"/\*.*?\*/", header, re.S)[0]).split("\n", 1)
    out = [title("libmodelassay", 3, version), ".SH NAME", f"libmodelassay \\- {roff(intro[0].split(' - ', 1)[1].rstrip('.'))}",
           ".SH SYNOPSIS", ".nf", "#include <modelassay.h>", "", "cc ... \\-lmodelassay", ".fi", ".SH DESCRIPTION", paragraphs(intro[1]), ".SH DECLARATIONS"]
    for before, text, behind in declarations(header):
        space = [] if out[-1].startswith(".SH") else [".PP"]
        if before:
            out += [*space, paragraphs(before)]
            space = [".PP"]
        out += [*space, ".nf", ".RS", "\n".join(f"\\fB{roff(line)}\\fR" for line in text.splitlines()), ".RE", ".fi"]
        if behind:
            out += [".RS", paragraphs(behind[0].upper() + behind[1:]), ".RE"]
    out += [".SH SEE ALSO", ".BR modelassay (1)"]
    return "\n".join(out) + "\n"


def main():
    binary, header, folder = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(), pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    cs, version = help_text.commands(binary), help_text.version(binary)
    names = [("modelassay", 1), *((f"modelassay-{c.name}", 1) for c in cs), ("libmodelassay", 3)]
    pages = {"modelassay.1": overview(cs, version, names), "libmodelassay.3": library(header, version)}
    pages.update({f"modelassay-{c.name}.1": page(c, version, names) for c in cs})
    for name, text in pages.items():
        (folder / name).write_text(text)
    print(f"man: {len(pages)}")


if __name__ == "__main__":
    main()

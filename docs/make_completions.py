#!/usr/bin/env python3
"""docs/completions: what bash, zsh and fish offer behind "modelassay".
usage: make_completions.py BINARY OUTDIR"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import help_text

NOTE = "# Made by `make docs` from --help: change it there.\n"
TOP = ["--help", "--version"]
RULES = "modelassay rules list 2>/dev/null | cut -d' ' -f1"      # the rules of the program that is installed


def bash(cs):
    arms, values = [], {}
    for c in cs:
        arms.append(f"    {c.name}) opts='{' '.join(o.name for o in c.options)}' ;;")
        for o in c.options:
            if o.choices:
                values[o.name] = f"COMPREPLY=($(compgen -W '{' '.join(o.choices)}' -- \"$cur\")); return"
            elif o.arg == "DIR":
                values[o.name] = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")); return'
            elif o.arg and not o.takes_file:
                values.setdefault(o.name, "return")
    cases = "\n".join(f"    {name}) {what} ;;" for name, what in sorted(values.items()))
    names = " ".join(c.name for c in cs)
    return f"""{NOTE}_modelassay() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}} opts=
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '{names} {' '.join(TOP)}' -- "$cur"))
    [ ${{#COMPREPLY[@]}} -gt 0 ] || {{ compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); }}
    return
  fi
  case $prev in
{cases}
  esac
  case $command in
    explain) [ "$cur" != "${{cur#-}}" ] || {{ COMPREPLY=($(compgen -W "$({RULES})" -- "$cur")); return; }} ;;
    rules) [ "$COMP_CWORD" != 2 ] || {{ COMPREPLY=($(compgen -W 'list check' -- "$cur")); return; }} ;;
  esac
  case $command in
{chr(10).join(arms)}
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$opts" -- "$cur")) ;;
    *) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}}
complete -F _modelassay modelassay
"""


def quoted(text):
    return text.replace("'", "'\\''")


def zsh_spec(o):
    words = quoted(o.words.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:"))
    more = "*" if o.name == "--exclude" else ""
    if o.choices:
        return f"'{more}{o.name}[{words}]:{o.name.lstrip('-')}:({' '.join(o.choices)})'"
    if o.takes_file:
        return f"'{more}{o.name}[{words}]:{o.arg.lower()}:{'_files -/' if o.arg == 'DIR' else '_files'}'"
    return f"'{more}{o.name}[{words}]:{o.arg}:'" if o.arg else f"'{o.name}[{words}]'"


def zsh_rest(c):
    if c.name == "explain":
        return f"'1:rule:($({quoted(RULES)}))'".replace("'\\''", '"')
    return "'1:what:(list check)' '2:folder:_files -/'" if c.name == "rules" else "'*:path:_files'"


def zsh(cs):
    names = "\n".join(f"    '{c.name}:{quoted(c.does)}'" for c in cs)
    arms = "\n".join(f"    {c.name})\n      _arguments \\\n" + "".join(f"        {zsh_spec(o)} \\\n" for o in c.options) + f"        {zsh_rest(c)} ;;" for c in cs)
    return f"""#compdef modelassay
{NOTE}_modelassay() {{
  local -a commands
  commands=(
{names}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    _arguments '--help[list the commands]' '--version[print the version]'
    _files
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{arms}
    *) _files ;;
  esac
}}
_modelassay "$@"
"""


def fish(cs):
    out = [NOTE.rstrip(), "complete -c modelassay -n __fish_use_subcommand -l help -d 'list the commands'",
           "complete -c modelassay -n __fish_use_subcommand -l version -d 'print the version'"]
    out += [f"complete -c modelassay -n __fish_use_subcommand -a {c.name} -d '{fish_quoted(c.does)}'" for c in cs]
    for c in cs:
        start = f"complete -c modelassay -n '__fish_seen_subcommand_from {c.name}'"
        for o in c.options:
            flag = f"-l {o.name[2:]}" if o.name.startswith("--") else f"-s {o.name[1:]}"
            value = f" -x -a '{' '.join(o.choices)}'" if o.choices else " -r" if o.takes_file else " -x" if o.arg else ""
            out.append(f"{start} {flag}{value} -d '{fish_quoted(o.words)}'")
    out += [f"complete -c modelassay -n '__fish_seen_subcommand_from explain' -f -a \"({RULES})\"",
            "complete -c modelassay -n '__fish_seen_subcommand_from rules' -a 'list check'"]
    return "\n".join(out) + "\n"


def fish_quoted(text):
    return text.replace("\\", "\\\\").replace("'", "\\'")


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    cs = help_text.commands(binary)
    for name, text in (("modelassay.bash", bash(cs)), ("_modelassay", zsh(cs)), ("modelassay.fish", fish(cs))):
        (folder / name).write_text(text)
    print("completions: 3")


if __name__ == "__main__":
    main()

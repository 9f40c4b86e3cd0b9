"""Checks action.yml: a composite action, whose steps take inputs through the environment.  usage: check_action.py"""
import re
import sys

import yaml

text = open("action.yml").read()
action = yaml.safe_load(text)
steps = action["runs"]["steps"]
used = set(re.findall(r"inputs\.([a-z-]+)", text))
unsafe = [s["name"] for s in steps if "shell" not in s or "${{" in s["run"]]
outputs = {o["value"] for o in action["outputs"].values()}
if action["runs"]["using"] != "composite":
    sys.exit("it is no composite action")
if unsafe or used != set(action["inputs"]):
    sys.exit(f"steps with an expression in their script: {unsafe}; inputs that are unused or unknown: {used ^ set(action['inputs'])}")
if not all(re.fullmatch(r"\$\{\{ steps\.scan\.outputs\.[a-z-]+ \}\}", o) for o in outputs):
    sys.exit(f"outputs: {outputs}")

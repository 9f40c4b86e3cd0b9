"""Prints for each result of a SARIF report its rule, and the rule that its index names.  usage: sarif_rules.py REPORT"""
import json
import sys

run = json.load(open(sys.argv[1]))["runs"][0]
for result in run["results"]:
    print(result["ruleId"], run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"])

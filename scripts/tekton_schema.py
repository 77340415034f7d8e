#!/usr/bin/env python3
"""tekton_schema.py SWAGGER: a JSON Schema of a Tekton Task, of the definitions that Tekton publishes of its own. Objects take no other keys than those that are
described; what Tekton takes over from Kubernetes is not looked at."""
import json
import sys

definitions = json.load(open(sys.argv[1], encoding="utf-8"))["definitions"]


def closed(node):
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref", "")
    if reference and reference.rsplit("/", 1)[1] not in definitions:
        return {}
    out = {key: closed(value) for key, value in node.items() if key != "properties"}
    if "properties" in node:
        out["properties"] = {name: closed(value) for name, value in node["properties"].items()}
    if isinstance(out.get("properties"), dict) and out.get("type") == "object" and "additionalProperties" not in out:
        out["additionalProperties"] = False
    return out


out = {name: closed(value) for name, value in definitions.items()}
# A text, a list or a mapping, which the definitions spell as an object.
out["v1.ParamValue"] = {}
# Steps may be without a name.
out["v1.Step"]["required"] = []
task = out["v1.Task"]
task["properties"]["apiVersion"] = {"const": "tekton.dev/v1"}
task["properties"]["kind"] = {"const": "Task"}
task["required"] = ["apiVersion", "kind", "metadata", "spec"]
json.dump({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/v1.Task", "definitions": out}, sys.stdout)

#!/usr/bin/env python3
"""crd_schema.py CRD VERSION: the JSON Schema of one version of a CustomResourceDefinition. Objects take no other keys than those that are described, as an API server
that is asked to be strict has it."""
import json
import sys

from ruamel.yaml import YAML


def closed(node):
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    out = {key: closed(value) for key, value in node.items() if key != "properties" and not key.startswith("x-")}
    if "properties" in node:
        out["properties"] = {name: closed(value) for name, value in node["properties"].items()}
        if "additionalProperties" not in out and not node.get("x-kubernetes-preserve-unknown-fields"):
            out["additionalProperties"] = False
    return out


definition = YAML(typ="safe").load(open(sys.argv[1], encoding="utf-8"))
version = next(each for each in definition["spec"]["versions"] if each["name"] == sys.argv[2])
schema = closed(version["schema"]["openAPIV3Schema"])
schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
schema["properties"]["kind"] = {"const": definition["spec"]["names"]["kind"]}
schema["properties"]["apiVersion"] = {"const": f"{definition['spec']['group']}/{sys.argv[2]}"}
schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
json.dump({"$schema": "http://json-schema.org/draft-07/schema#", **schema}, sys.stdout)

#!/usr/bin/env python3
"""Judges SBOMs and reports with other people's validators: *.spdx.json with spdx-tools and ntia-conformance-checker, *.cdx.json with
cyclonedx-python-lib, *.sarif.json with OASIS' schema.
Says `ok FILE` or a line for each error; exit code 1 when there was one. The modules come from scripts/install-validators.sh."""
import sys

def spdx(path):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    from ntia_conformance_checker import SbomChecker
    errors = [f"spdx-tools: {each.validation_message} ({each.context.spdx_id})" for each in validate_full_spdx_document(parse_file(path))]
    checker = SbomChecker(path)
    if not checker.compliant:
        errors.append(f"ntia-conformance-checker: not conformant: {checker.output_json()}")
    return errors

def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    with open(path, encoding="utf-8") as file:
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
    return [f"cyclonedx-python-lib: {str(error)[:2000]}"] if error else []

def sarif(path):
    import json, jsonschema
    with open(sys.prefix + "/sarif-2.1.0.json", encoding="utf-8") as file:
        schema = json.load(file)
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    return [f"sarif-2.1.0: {'/'.join(map(str, each.absolute_path))}: {each.message[:500]}" for each in jsonschema.validators.validator_for(schema)(schema).iter_errors(document)]

def main(paths):
    failed = False
    for path in paths:
        errors = (spdx if path.endswith(".spdx.json") else sarif if path.endswith(".sarif.json") else cyclonedx)(path)
        failed = failed or bool(errors)
        for error in errors:
            print(f"{path}: {error}")
        if not errors:
            print(f"ok {path}")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

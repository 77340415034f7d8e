#!/usr/bin/env python3
"""Judges in-toto statements with the framework's own Python (in-toto-attestation): the statement, its resource descriptors, and of provenance v1 and test
results every field, an unknown one being an error. Says `ok FILE` or why not; exit code 1 when one was wrong. The module comes from
scripts/install-validators.sh."""
import json, sys

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message

def descriptors(messages):
    for each in messages:
        ResourceDescriptor.copy_from_pb(each).validate()

def judge(document):
    kind = document["predicateType"]
    whole = Statement.copy_from_pb(json_format.ParseDict(document, Message()))
    whole.validate()
    descriptors(whole.pb.subject)
    if kind == "https://slsa.dev/provenance/v1":
        made = json_format.ParseDict(document["predicate"], Provenance())
        if not made.build_definition.build_type or not made.run_details.builder.id:
            raise ValueError("provenance without build type or builder")
        descriptors(made.build_definition.resolved_dependencies)
        descriptors(made.run_details.builder.builder_dependencies)
        descriptors(made.run_details.byproducts)
    if kind == "https://in-toto.io/attestation/test-result/v0.1":
        found = json_format.ParseDict(document["predicate"], TestResult())
        if found.result not in ("PASSED", "WARNED", "FAILED"):
            raise ValueError(f"no result of tests: {found.result}")
        descriptors(found.configuration)

def main(paths):
    failed = False
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                judge(json.load(file))
            print(f"ok {path}")
        except (ValueError, KeyError, json_format.ParseError) as error:
            failed = True
            print(f"{path}: {error}")
    return 1 if failed else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

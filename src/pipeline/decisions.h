#pragma once
// What people say of findings: statements about the code (VEX), and decisions to live with one for a time. Each is a file of the project that is read,
// changed and written whole.
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "pipeline/scan.h"

namespace ashlar::pipeline {

struct StatementWish {
  std::string vulnerability{}, package{};  ///< `package`: a package URL, or the name of a source package of the distribution (`deb:openssl`)
  std::string status = "not_affected", justification{}, detail{}, author{};
};

/// Adds a statement to the OpenVEX document at `path`, which is made where it lacks; one on the same vulnerability and package is replaced. Invalid when
/// OpenVEX would not have it: not_affected without justification or detail, affected without what to do.
Done add_statement(host::Machine& machine, const host::Path& path, const StatementWish& wish);

/// The document with every statement spread to what `report`'s image really holds, in the forms that trivy and grype match: the package URL of each binary
/// package by itself, and the image with it as its part.
Result<attest::VexDocument> spread(const attest::VexDocument& document, const std::vector<inventory::Component>& components, const scan::Distribution& distribution, const scan::ImageNames& names);

struct DecisionWish {
  std::string vulnerability{}, package{}, image{}, owner{}, reason{};
  Time expires{};
};

/// Adds a decision to the file at `path` with what is known of the vulnerability now, and returns its identifier.
Result<std::string> add_decision(host::Machine& machine, advisory::Database& database, const host::Path& path, const DecisionWish& wish);
/// Conflict when it was revoked before; NotFound names those there are.
Done revoke_decision(host::Machine& machine, const host::Path& path, const std::string& id);

}  // namespace ashlar::pipeline

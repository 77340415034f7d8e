#pragma once
// What people say of findings: statements about the code (VEX), and decisions to live with one for a time. Each is a file of the project that is read,
// changed and written whole; the one never becomes the other.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "pipeline/backing.h"
#include "pipeline/scan.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

struct StatementWish {
  std::string vulnerability{}, package{};  ///< `package`: a package URL, or type and name of a package or source package: `deb:openssl`, `pypi:flask`
  std::string image{};                     ///< of this image alone: repository or `sha256:...`; empty: wherever the package is
  std::string status = "not_affected", justification{}, detail{}, author{};
  std::vector<std::string> absent{};  ///< it rests on an image having no such files (globs with a leading slash)
  std::string shown_in{};             ///< repository of the image of which that was shown
};

/// Adds a statement to the OpenVEX document at `path`, which is made where it lacks; one on the same vulnerability and products is replaced, the rest of
/// the document stays as it is. Invalid when OpenVEX would not have it: a word that it does not know, not_affected without justification or detail,
/// affected without what to do, a justification of another status, a new document without author. True: one was replaced. With a key it is signed, in the file
/// beside (backing.h); what was kept there of one that is replaced goes.
Result<bool> add_statement(host::Machine& machine, const host::Path& path, const StatementWish& wish, const trust::PrivateKey* key = nullptr);

/// Which of a document's statements is meant.
struct StatementName {
  std::string vulnerability{}, package{};  ///< as in StatementWish
  std::string image{};                     ///< as it was given when it was made; empty: whichever there is
};
/// Signs statements that are there; how many. What the same key signed before goes. NotFound when there is none.
Result<size_t> sign_statements(host::Machine& machine, const host::Path& path, const StatementName& name, const trust::PrivateKey& key);

/// The same of those that `meant` says.
Result<size_t> sign_statements(host::Machine& machine, const host::Path& path, const std::function<bool(const attest::VexStatement&)>& meant, const trust::PrivateKey& key);

/// The project's document of statements: `vex.json` beside its configuration, else in the working folder.
host::Path statements_path(const Workshop& workshop);
/// Whether scans count a document without being told of it: the configuration names it, or a folder that it lies in.
bool counts_in_scans(const Workshop& workshop, const host::Path& document);

/// Makes of a wish a statement on one image that is shown from what that holds: the flaw is in files at `paths` (globs with a leading slash), and it has
/// none of them. `image`, `justification`, `detail` and what it rests on are filled in, the reason that was given behind it. Invalid without an image's digest; NotFound when
/// the package is not in it; Conflict names the first such file that is.
Result<StatementWish> show_absent(const StatementWish& wish, const std::vector<std::string>& paths, const Held& held);

/// The documents as one, every statement spread to what the image really holds, in the forms that trivy and grype match: of a statement on a package each
/// package that it means by its own URL with version and without qualifiers, and the image (`pkg:oci/NAME@DIGEST`) with these as its parts; of a
/// statement on the image this second form alone. A statement that means nothing in the image, or whose proof has fallen, is a note.
attest::VexDocument spread(const std::vector<scan::Statements>& documents, const Held& held);

struct DecisionWish {
  std::string vulnerability{}, package{}, image{}, owner{}, reason{};
  std::string expires{};  ///< a date, or a length from now on: `90d`
};

/// A date, or a length from now on, as a moment.
Result<Time> end_of(const std::string& text, Time now);

/// What is known of a vulnerability in a package.
struct Known {
  advisory::Severity severity = advisory::Severity::Unknown;  ///< the heaviest that a space gives it
  bool exploited = false;
  std::string fixed_in{};  ///< empty where one of the spaces that it affects has no fix yet
  bool named = false;      ///< a feed speaks of this package under this vulnerability
};
/// `package` as the feeds name it: distribution packages by their source.
Result<Known> what_is_known(advisory::Database& database, const std::string& vulnerability, const std::string& package);
/// The same of the findings in one image; `package` is binary or source. NotFound when it has no such finding.
Result<Known> what_is_known(const scan::Report& report, const std::string& vulnerability, const std::string& package);

/// Adds a decision to the file at `path` with what is known of the vulnerability now, and returns it. Invalid without owner, reason or package, with a
/// scope in wildcards, or with an end that has passed; Conflict when one that holds is about the same or a part of it: nothing is widened unseen.
/// With a key it is signed.
Result<scan::Exception> add_decision(host::Machine& machine, const host::Path& path, const DecisionWish& wish, const Known& known, const trust::PrivateKey* key = nullptr);
/// Signs one that is there. What the same key signed before goes. Conflict when it is revoked; NotFound names those there are.
Result<scan::Exception> sign_decision(host::Machine& machine, const host::Path& path, const std::string& id, const trust::PrivateKey& key);
/// The record stays. Conflict when it was revoked before; NotFound names those there are.
Result<scan::Exception> revoke_decision(host::Machine& machine, const host::Path& path, const std::string& id);
/// Those of the file; none where there is no file.
Result<std::vector<scan::Exception>> read_decisions(host::Files& files, const host::Path& path);
/// Those of all that are configured, one file after the other. Invalid where one is not there that the configuration names.
Result<std::vector<scan::Exception>> read_decisions(host::Files& files, const std::vector<DecisionsFile>& from);
/// The file that has a decision; the first of all where none has. Conflict where several have one of that name.
Result<host::Path> file_of_decision(host::Files& files, const std::vector<DecisionsFile>& from, const std::string& id);

}  // namespace ashlar::pipeline

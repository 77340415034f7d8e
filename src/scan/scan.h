#pragma once
// From what an image holds and a database to a report.
#include <map>

#include "advisory/database.h"
#include "inventory/ecosystems.h"
#include "inventory/owners.h"
#include "scan/base.h"
#include "scan/exceptions.h"
#include "scan/gate.h"
#include "scan/report.h"
#include "scan/statements.h"

namespace ashlar::scan {

/// What is scanned.
struct Subject {
  std::string ref{}, digest{}, platform{};
  std::vector<std::string> unseen{};                ///< platforms of the image that nobody asked for and that are not looked at
  std::vector<std::string> names{};                 ///< repositories under which statements and decisions may name the image
  std::string tag{};                                ///< by which it was asked for; or empty
  const inventory::Contents* contents = nullptr;    ///< null: a document (SBOM), of which nothing but its components is known
  std::string distribution{};                       ///< of a document: `debian-13`, as it says; or empty
  const inventory::Ownership* ownership = nullptr;  ///< of the contents
  std::vector<inventory::Component> components{};   ///< of every ecosystem
  std::vector<inventory::Component> claims{};       ///< of other records in the contents, which the components are held against
  std::vector<std::string> notes{};                 ///< of the readers of ecosystems
  std::vector<inventory::Unread> unread{};          ///< records of packages of languages that tell nothing
  std::vector<std::string> damage{};                ///< what does not read of package databases
  std::map<Digest, std::string> known{};            ///< files that are known by content, and what they are: our own health probe
  BaseLayers base{};                                ///< how many of the layers, from the lowest, belong to the base
};

/// A dark file that somebody answers for: the configuration's `excuse`.
struct Excuse {
  std::string path{};               ///< without a leading slash
  std::optional<Digest> digest{};   ///< of its content; none: whatever it holds
  std::string owner{}, reason{};
};

enum class DarkPolicy : unsigned char { Fail, List };

struct Options {
  Time now{};                                     ///< the moment of the scan: how old the database is, whether support has ended
  std::optional<Time> clock{};                    ///< what the machine's clock says; none: nobody has looked
  std::vector<Statements> statements{};           ///< of others, with whether they count
  std::vector<Exception> exceptions{};            ///< decisions
  DecisionRules rules{};                          ///< what is asked of statements and decisions
  std::vector<Excuse> excuses{};                  ///< of dark files
  std::vector<GateRule> gate{};                   ///< what a build fails on
  DarkPolicy app_dark = DarkPolicy::List;         ///< of dark files in an application's own layers; in a base they always make the verdict `unknown`
};

/// Whether a scan reads the text of this file beside those that inventory asks for: for `ReadOptions::keep`.
bool wants_text(std::string_view path);

/// The distribution of the contents, or that which a document names.
Distribution distribution_of(const Subject& subject);

Result<Report> scan(const Subject& subject, advisory::Database& database, const Options& options);

/// Every judgement on every component that has this advisory by its identifier or an alias: the chain of a finding or of a non-finding.
struct Explained {
  inventory::Component component;
  Place place;
  std::string within;                 ///< the distribution's package that has the component, so that these judgements are no findings; or empty
  std::vector<Judgement> judgements;  ///< none: no feed that covers the space speaks of the package under this name
};
Result<std::vector<Explained>> explain(const Subject& subject, advisory::Database& database, const std::string& id);

}  // namespace ashlar::scan

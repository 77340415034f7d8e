#pragma once
// The state of one migration: what was read, what is to change, and what is said of it.
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workload/inner/run_line.h"
#include "workload/migrate.h"

namespace ashlar::workload {

/// A stage as a migration sees it.
struct MigratedStage {
  std::string image;                    ///< what its FROM comes to; of a stage on a stage, that of its root
  ImageName name;
  BaseMatch match;
  const HardenedBase* base = nullptr;
  int parent = -1;                      ///< the stage that it stands on
  int root = 0;
  bool hardened = false;                ///< stands on a hardened image already
  bool scratch = false;
  bool stays = false;                   ///< a build stage whose image has no counterpart
  bool final_chain = false;             ///< the last stage, and what it stands on
};

/// What is known where an instruction runs.
struct Place {
  std::string folder = "/";
  const Variables* known = nullptr;     ///< of the migration; null: none, or more than anybody has
  const Variables& values() const;
};

class Migration {
 public:
  Migration(std::string_view text, std::string_view path, const MigrateOptions& options, Dockerfile file);

  struct Edit {
    size_t begin, end;
    std::string bytes;
  };
  std::string_view text;
  std::string_view path;
  const MigrateOptions& options;
  Dockerfile file;
  Lines lines;
  Migrated out;
  std::vector<Edit> edits;
  std::vector<MigratedStage> stages;
  std::map<std::string, std::optional<std::string>, std::less<>> beside;  ///< files of the context that were asked for
  std::deque<Variables> snapshots;      ///< that places point to
  std::vector<Place> places;            ///< of each instruction
  std::map<size_t, RunLine> runs;       ///< of each RUN in shell form, by its number
  std::set<size_t> dropped;             ///< instructions that go
  std::set<size_t> dropped_users;       ///< USER of build stages: nothing there needs one
  std::set<std::string> linked_logs;    ///< folders with links to where the container logs, that the last stage needs
  std::map<size_t, std::string> brings;  ///< of a COPY that goes elsewhere now: where
  std::map<size_t, std::string> before;  ///< lines that come in before an instruction
  std::vector<std::pair<std::string, std::string>> environment;  ///< variables that the last stage gets besides

  void change(std::string id, const Span& span, std::string what, std::string why, std::string remedy = {});
  void breaks(std::string id, const Span& span, std::string what, std::string why, std::string remedy);
  void refuse(std::string id, const Span& span, std::string what, std::string why, std::string remedy);
  /// A variable of the last stage, unless it has it.
  void set_variable(const std::string& name, const std::string& value);
  /// Puts `bytes` where `part` stands; nothing where it stands nowhere.
  void replace(const Traced& part, std::string bytes);
  /// Puts `bytes` in place of [begin, end) of the document; comments on lines of their own within come before instruction `number`.
  void remove(size_t begin, size_t end, size_t number, std::string bytes = {});
  /// The text of instruction `number` as it was, on one line, for people.
  std::string shown(size_t number) const;
  std::string reference(const HardenedBase& base, const std::string& tag) const;
  /// The document's bytes [begin, end) with the edits in them.
  std::string edited(size_t begin, size_t end) const;
  /// Where instruction `number` begins with the comments and blank lines before it.
  size_t chunk_begin(size_t number) const;
  size_t chunk_end(size_t number) const;
  std::string newline() const { return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n"; }
};

/// Reads stages, places and RUNs; refuses what has no counterpart.
void survey(Migration& work);
/// An application in root's home goes to a folder that others may enter, or is a break.
void move_home(Migration& work);
/// Chooses the hardened image of the last stage, by what is installed and started where its base is a bare distribution.
const HardenedBase* choose_final_base(Migration& work);

/// Names of packages and programs of a RUN that stays, for a -dev image of Debian; what goes is taken out. Adds what the runtime needs to `needed`, in order.
struct PackageNeeds {
  std::vector<std::string> run;         ///< packages that the runtime needs
  std::vector<std::string> install;     ///< those of them that no RUN installs
  bool native = false;                  ///< something is compiled against libraries: what it links to is found when it is built
};
void rewrite_run(Migration& work, size_t number, const MigratedStage& stage, bool last, PackageNeeds& needs);
/// What programs of RUNs are not in the -dev image: packages that bring them, in order.
std::vector<std::string> missing_packages(Migration& work, size_t stage);

/// Variables that the -dev image needs, so that `go install` and `cargo install` put programs where the usual image has them; empty: none.
std::string compiler_home(const Migration& work, size_t stage);
/// The folder of programs that a stage of such an image installs; empty: it installs none.
std::string installed_programs(const Migration& work, size_t stage);
/// What of that folder comes into the image: all of it, but where rustup's own programs lie there, too, and what is `started` is one of its files, that alone.
std::string brought_programs(const Migration& work, size_t stage, const std::string& started);

/// CMD, ENTRYPOINT and HEALTHCHECK of the last stage.
struct EntryNeeds {
  bool shell = false;                   ///< cannot be started without one
  bool probe = false;
  std::string shell_reason;
  size_t shell_at = 0;
  std::string program;                  ///< that is started, behind an init; empty: the image's own
  size_t program_at = 0;
  std::vector<std::string> packages;
};
void rewrite_entries(Migration& work, const std::vector<size_t>& numbers, const HardenedBase& base, EntryNeeds& needs);
/// What a usual image of .NET gives a program that brings its runtime: ICU, and variables by which it listens.
void carry_dotnet(Migration& work, PackageNeeds& needs);
/// USER, EXPOSE, VOLUME, COPY and ONBUILD of the last stage.
void rewrite_settings(Migration& work, const std::vector<size_t>& numbers, const HardenedBase& base);


/// What the image that runs today tells beyond the text.
void compare_with_old_image(Migration& work, const HardenedBase& base);

/// As much of a text as a report repeats.
std::string shortened(std::string_view text);

}  // namespace ashlar::workload

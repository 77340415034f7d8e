#include "advisory/in_turns.h"

#include <mutex>
#include <type_traits>

namespace ashlar::advisory {
namespace {

class InTurns final : public Database {
 public:
  explicit InTurns(Database& database) : database_(database) {}
  // What never changes while it is open.
  std::string_view absence() const override { return database_.absence(); }
  const Digest& digest() const override { return database_.digest(); }
  Time created() const override { return database_.created(); }
  const std::vector<FeedStamp>& feeds() const override { return database_.feeds(); }
  // What is read.
  Result<std::vector<Match>> matches(std::string_view space, std::string_view package) override { return alone([&] { return database_.matches(space, package); }); }
  Result<std::vector<std::string>> with_artifact(std::string_view artifact) override { return alone([&] { return database_.with_artifact(artifact); }); }
  Result<Advisory> advisory(std::int64_t record) override { return alone([&] { return database_.advisory(record); }); }
  Result<std::vector<PackageName>> packages(std::int64_t record) override { return alone([&] { return database_.packages(record); }); }
  Result<std::vector<std::int64_t>> named(std::string_view id) override { return alone([&] { return database_.named(id); }); }
  Result<std::optional<Exploited>> exploited(std::string_view cve) override { return alone([&] { return database_.exploited(cve); }); }
  Result<std::optional<Likelihood>> likelihood(std::string_view cve) override { return alone([&] { return database_.likelihood(cve); }); }
  Result<std::vector<Support>> support(std::string_view space, std::string_view package) override { return alone([&] { return database_.support(space, package); }); }
  Result<std::vector<std::pair<std::string, std::string>>> newest(std::string_view space, std::string_view package) override { return alone([&] { return database_.newest(space, package); }); }

 private:
  template <class Ask>
  std::invoke_result_t<Ask> alone(const Ask& ask) {
    const std::scoped_lock hold(turn_);
    return ask();
  }

  Database& database_;
  std::mutex turn_;
};

}  // namespace

std::unique_ptr<Database> in_turns(Database& database) { return std::make_unique<InTurns>(database); }

}  // namespace ashlar::advisory

#pragma once
// A feed as it goes into the database: every value packed as soon as it is read, so that a large feed takes little more memory than its file.
#include <map>
#include <set>
#include <tuple>

#include "advisory/compile.h"


namespace ashlar::advisory {

struct PackedFeed {
  struct Record {
    std::string id, data;             ///< data: the packed Advisory
    std::vector<std::string> names;   ///< identifier and aliases
    bool withdrawn = false;
    bool operator<(const Record& other) const { return std::tie(id, data) < std::tie(other.id, other.data); }
  };
  struct Row {
    std::uint32_t space, record;      ///< indexes of `spaces` and `records`
    std::string package, data;        ///< data: the packed Affected
  };
  FeedStamp stamp;
  std::vector<std::string> spaces{};  ///< in the order in which they appeared
  std::vector<Record> records{};      ///< sorted, none twice
  std::vector<Row> rows{};
  std::vector<Exploited> exploited{};
  std::vector<Likelihood> likelihood{};
  std::vector<Support> support{};
  std::vector<Newest> newest{};
  std::vector<FeedNote> notes{};
};

/// Reads a feed from where it lies.
Result<PackedFeed> read_feed(host::Files& files, const FeedInput& input);

/// Takes values and packs them. Of records with one identifier and the same content there is one.
class PackingIntake final : public Intake {
 public:
  explicit PackingIntake(FeedStamp stamp) : feed_{.stamp = std::move(stamp)} {}
  void add(Advisory advisory) override;
  void add(Exploited exploited) override { feed_.exploited.push_back(std::move(exploited)); }
  void add(Likelihood likelihood) override { feed_.likelihood.push_back(std::move(likelihood)); }
  void add(Support support) override;
  void add(Newest newest) override;
  void cover(std::string_view space) override { covered_.emplace(space); }
  void dated(Time when) override { newest_ = std::max(newest_, std::optional(when)); }
  void note(std::string_view what, std::string_view record) override;
  /// Sorted; the intake is empty then.
  PackedFeed finish();

 private:
  std::uint32_t space_of(std::string_view space);
  PackedFeed feed_;
  std::map<std::string, std::uint32_t, std::less<>> spaces_;
  std::set<std::string, std::less<>> covered_;
  std::optional<Time> newest_;
};

}  // namespace ashlar::advisory

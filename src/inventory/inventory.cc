#include "inventory/inventory.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "inventory/inner/layer.h"
#include "inventory/inner/part_file.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr size_t front_size = 4096;
constexpr std::uint64_t worth_opening = 256 << 10;
constexpr std::uint64_t max_again = 256 << 20;  ///< bytes of one file that are read again, those of all names together
using Wanted = std::bitset<32>;  // by row of ecosystems()

/// What was told of one file under one name.
struct Read {
  std::string path;                             ///< that name; another name of the file may be the one that stays
  std::vector<std::pair<size_t, Told>> told{};  ///< by row of ecosystems()
};

/// Gives components the name under which the file stays.
void rename(std::vector<Component>& components, const std::string& from, const std::string& to) {
  for (Component& each : components) {
    if (each.path.starts_with(from)) each.path.replace(0, from.size(), to);
  }
}

void append(auto& to, auto& from) { to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())); }

}  // namespace

class Collector::Watcher final : public Onlooker {
 public:
  Watcher(host::Files& files, const host::Path& folder) : files_(files), folder_(folder) {}

  void begin(const TarEntry& entry, Place place) override {
    entry_ = &entry;
    place_ = place;
    held_.clear();
    spool_.reset();
    seen_ = 0;
    wanted_.reset();
    decided_ = false;
    failure_.clear();
    const auto again = again_.find(place);
    names_ = again == again_.end() ? nullptr : &again->second;
  }

  void more(BytesView bytes) override {
    seen_ += bytes.size();
    if (!decided_) {
      if (held_.empty() && bytes.size() >= std::min<std::uint64_t>(front_size, entry_->size)) {
        decide(bytes);
        if (bytes.size() == entry_->size && failure_.empty()) return give(ViewFile(bytes));  // nothing to put together
      }
      if (!decided_ || keeps()) held_.insert(held_.end(), bytes.begin(), bytes.end());
      if (decided_) return spill();
      if (held_.size() < std::min<std::uint64_t>(front_size, entry_->size)) return;
      decide(held_);
      return spill();
    }
    if (!keeps()) return;
    if (spool_ != nullptr) return spool(bytes);
    held_.insert(held_.end(), bytes.begin(), bytes.end());
  }

  void end() override {
    if (!decided_) decide(held_);
    if (wanted_.none()) return;
    if (!failure_.empty()) return fail_all(failure_);
    if (opens()) {
      const auto file = files_.open(folder_ / entry_->path);
      return file ? give(**file) : fail_all(file.error().message);
    }
    if (spool_ == nullptr) return give(ViewFile(held_));
    const auto file = spool_->finish();
    return file ? give(**file) : fail_all(file.error().message);
  }

  bool asks_again(std::string_view path, Place place, std::string_view read_as, BytesView front) override {
    const Wanted wanted = wanted_again(path, read_as, front);
    if (wanted.any()) again_[place].push_back({std::string(path), {}});
    return wanted.any();
  }

  std::optional<std::string> found() const override {
    Packer to;
    to.number(read.size());
    for (const auto& [place, reads] : read) {
      const Read& each = reads.front();  // of a layer that was read once every file has one name
      to.number(place.member);
      to.text(each.path);
      to.number(each.told.size());
      for (const auto& [row, told] : each.told) to.number(row), pack(to, told);
    }
    return to.take();
  }

  bool recall(BytesView bytes, size_t layer) override {
    Unpacker from(bytes);
    std::map<Place, std::vector<Read>> recalled;
    for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
      const auto member = static_cast<size_t>(from.number());
      Read& each = recalled[{layer, member}].emplace_back();
      each.path = from.text();
      for (std::uint64_t rows = from.count(); rows > 0 && from.sound(); --rows) {
        const std::uint64_t row = from.number();
        if (row >= ecosystems().size()) return false;
        each.told.emplace_back(static_cast<size_t>(row), unpack_told(from));
      }
    }
    if (!from.sound() || !from.at_end()) return false;
    read.merge(recalled);
    return true;
  }

  std::map<Place, std::vector<Read>> read;

 private:
  /// A name for which a file is shown again.
  struct Name {
    std::string path;
    Wanted wanted;
  };

  bool large() const { return entry_->size > in_memory; }
  /// Of a file that lies in a folder few ranges are read again, where all of it would have to be put aside.
  bool opens() const { return entry_->size > worth_opening && !folder_.empty(); }
  /// Whether the bytes that pass are put aside.
  bool keeps() const { return wanted_.any() && !opens() && failure_.empty(); }

  void decide(BytesView front) {
    decided_ = true;
    front = front.first(std::min(front.size(), front_size));
    const auto rows = ecosystems();
    if (names_ == nullptr) {
      for (size_t row = 0; row < rows.size(); ++row) wanted_[row] = rows[row].wants(entry_->path, front);
      return;
    }
    for (Name& name : *names_) wanted_ |= name.wanted = wanted_again(name.path, entry_->path, front);
    if (names_->size() > max_again / (entry_->size + 1)) failure_ = fmt::format("it goes by {} names, too many for its size", names_->size() + 1);
  }

  /// Who has not been asked about the file yet as it must be.
  static Wanted wanted_again(std::string_view path, std::string_view read_as, BytesView front) {
    Wanted out;
    const auto rows = ecosystems();
    for (size_t row = 0; row < rows.size(); ++row) out[row] = rows[row].wants(path, front) && (rows[row].by_place || !rows[row].wants(read_as, front));
    return out;
  }

  /// For every name under which the file is shown and every reader that wants it.
  void for_each(const auto& ask) {
    const auto rows_of = [&](const std::string& path, Wanted wanted) {
      for (size_t row = 0; row < ecosystems().size(); ++row) {
        if (wanted[row]) ask(row, path);
      }
    };
    if (names_ == nullptr) return rows_of(entry_->path, wanted_);
    for (const Name& name : *names_) rows_of(name.path, name.wanted);
  }

  /// Once it is clear who wants the file: what is held stays, goes, or is the beginning of a spool.
  void spill() {
    if (!keeps()) return held_.clear();
    if (!large()) return held_.reserve(entry_->size);
    auto made = files_.spool();
    if (!made) failure_ = made.error().message;
    else spool_ = std::move(*made), spool(held_);
    held_.clear();
  }

  void spool(BytesView bytes) {
    if (const Done done = spool_->write(bytes); !done) failure_ = done.error().message;
  }

  void give(const host::ReadFile& file) {
    for_each([&](size_t row, const std::string& path) {
      Told told = ecosystems()[row].read(path, file);
      if (!told.components.empty() || !told.claims.empty() || !told.notes.empty() || !told.unread.empty() || !told.damage.empty()) keep(row, path, std::move(told));
    });
    wanted_.reset();
  }

  void fail_all(const std::string& cause) {
    for_each([&](size_t row, const std::string& path) {
      Told told;
      if (ecosystems()[row].distribution) told.damage.push_back(unread(path, cause));
      else told.unread.push_back({path, cause});
      keep(row, path, std::move(told));
    });
  }

  void keep(size_t row, const std::string& path, Told told) {
    auto& reads = read[place_];
    if (reads.empty() || reads.back().path != path) reads.push_back({path});
    reads.back().told.emplace_back(row, std::move(told));
  }

  host::Files& files_;
  const host::Path& folder_;
  const TarEntry* entry_ = nullptr;
  Place place_;
  Bytes held_;
  std::unique_ptr<host::Spool> spool_;
  std::uint64_t seen_ = 0;
  Wanted wanted_;  ///< of all its names together
  std::map<Place, std::vector<Name>> again_;
  std::vector<Name>* names_ = nullptr;  ///< of a file that is shown again
  bool decided_ = false;
  std::string failure_;  ///< why the bytes could not be put aside
};

Collector::Collector(host::Files& files, host::Path folder) : files_(files), folder_(std::move(folder)) {}
Collector::~Collector() = default;

Onlooker* Collector::onlooker() { return watchers_.emplace_back(std::make_unique<Watcher>(files_, folder_)).get(); }

namespace {

/// What counts of what was told of one file, by the name under which it stays: `names`, of which there is at least one, in their order.
void settle_names(std::vector<Read>& reads, const std::vector<std::string_view>& names, std::map<std::string_view, std::vector<std::pair<size_t, Told>>>& stays) {
  const auto stays_as = [&](const std::string& path) {
    const auto found = std::ranges::lower_bound(names, path);
    return found != names.end() && *found == path ? found : names.end();
  };
  std::ranges::stable_sort(reads, {}, [&](const Read& each) { return stays_as(each.path) - names.begin(); });  // the names that stay first
  Wanted seen;
  for (Read& read : reads) {
    const auto own = stays_as(read.path);
    for (auto& [row, told] : read.told) {
      const bool by_place = ecosystems()[row].by_place;
      if (by_place ? own == names.end() : seen[row]) continue;
      seen[row] = true;
      const std::string_view name = own == names.end() ? names.front() : *own;
      for (auto* const components : {&told.components, &told.claims}) rename(*components, read.path, std::string(name));
      stays[name].emplace_back(row, std::move(told));
    }
  }
}

}  // namespace

Found Collector::finish(const Contents& contents) {
  std::map<Place, std::vector<Read>> all;
  for (const auto& watcher : watchers_) {
    for (auto& [place, reads] : watcher->read) append(all[place], reads);
  }
  std::map<Place, std::vector<std::string_view>> names;
  for (const auto& [path, file] : contents.files) {
    if (file.content && all.contains(file.bytes)) names[file.bytes].push_back(path);
  }
  std::map<std::string_view, std::vector<std::pair<size_t, Told>>> stays;  // by the name under which it does
  for (const auto& [place, paths] : names) settle_names(all.at(place), paths, stays);
  std::vector<Told> by_row(ecosystems().size());
  for (auto& [path, rows] : stays) {
    const size_t layer = contents.files.find(std::string(path))->second.bytes.layer;
    for (auto& [row, told] : rows) {
      for (auto* const components : {&told.components, &told.claims}) {
        for (Component& each : *components) each.layer = layer, each.found_by = ecosystems()[row].name;
        append(components == &told.components ? by_row[row].components : by_row[row].claims, *components);
      }
      append(by_row[row].notes, told.notes);
      append(by_row[row].unread, told.unread);
      append(by_row[row].damage, told.damage);
    }
  }
  Found out;
  for (size_t row = 0; row < by_row.size(); ++row) {
    if (const auto settle = ecosystems()[row].settle; settle != nullptr) settle(by_row[row], contents);
    append(out.components, by_row[row].components);
    append(out.claims, by_row[row].claims);
    append(out.notes, by_row[row].notes);
    for (const Unread& each : by_row[row].unread) out.notes.push_back(unread(each.path, each.cause));
    append(out.unread, by_row[row].unread);
    append(out.damage, by_row[row].damage);
  }
  const auto order = [](const Component& each) { return std::tie(each.type, each.name, each.version, each.path, each.found_by); };
  std::ranges::stable_sort(out.components, {}, order);
  std::ranges::stable_sort(out.claims, {}, order);
  std::ranges::sort(out.notes);
  std::ranges::sort(out.unread);
  std::ranges::sort(out.damage);
  return out;
}

namespace {

/// Tells one after the other.
class Both final : public Onlooker {
 public:
  Both(Onlooker& one, Onlooker& other) : all_{&one, &other} {}
  void begin(const TarEntry& entry, Place place) override {
    const auto again = again_.find(place);
    see_ = again == again_.end() ? Seeing{true, true} : again->second;
    each([&](Onlooker& one) { one.begin(entry, place); });
  }
  void more(BytesView bytes) override {
    each([&](Onlooker& one) { one.more(bytes); });
  }
  void end() override {
    each([](Onlooker& one) { one.end(); });
  }
  bool asks_again(std::string_view path, Place place, std::string_view read_as, BytesView front) override {
    bool any = false;
    for (size_t at = 0; at < all_.size(); ++at) {
      if (!all_[at]->asks_again(path, place, read_as, front)) continue;
      again_[place][at] = any = true;
    }
    return any;
  }

 private:
  using Seeing = std::array<bool, 2>;
  void each(const auto& tell) {
    for (size_t at = 0; at < all_.size(); ++at) {
      if (see_[at]) tell(*all_[at]);
    }
  }

  std::array<Onlooker*, 2> all_;
  std::map<Place, Seeing> again_;  ///< of files that are shown again
  Seeing see_{};
};

}  // namespace

Result<Inventory> read_inventory(Target& target, const ReadOptions& options, const std::function<void(const Contents& contents)>& beside) {
  Collector collector(target.files, target.image == nullptr ? host::Path(target.ref.location) : host::Path());
  std::vector<std::unique_ptr<Both>> both;
  ReadOptions all = options;
  all.onlooker = [&](size_t layer) -> Onlooker* {
    Onlooker* const ours = collector.onlooker();
    Onlooker* const other = options.onlooker ? options.onlooker(layer) : nullptr;
    if (other == nullptr) return ours;
    return both.emplace_back(std::make_unique<Both>(*ours, *other)).get();
  };
  TRY_ASSIGN(Contents contents, read_contents(target, all));
  Found found;
  in_parallel(beside ? 2 : 1, options.threads, [&](size_t part, size_t) { part == 0 ? void(found = collector.finish(contents)) : beside(contents); });
  return Inventory{std::move(contents), std::move(found)};
}

}  // namespace ashlar::inventory

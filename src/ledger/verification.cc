// Whether a ledger is what was written: one pass over its rows, each hashed once, nothing parsed where the bytes speak for themselves.
#include <algorithm>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "ledger/inner/schema.h"
#include "ledger/ledger.h"

namespace ashlar::ledger {
namespace {

constexpr size_t most_damages = 100;

/// A row, as it lies there.
struct Row {
  std::uint64_t number;
  std::string_view kind, image, vulnerability, package, body;
  BytesView chain;
};

/// Takes members off the end of a canonical body.
class Tail {
 public:
  explicit Tail(std::string_view body) : rest_(body) {}
  bool drop(std::string_view text) {
    if (!rest_.ends_with(text)) return false;
    rest_.remove_suffix(text.size());
    return true;
  }
  bool drop(std::string_view key, std::string_view value) { return value.empty() || (drop("\"") && drop(value) && drop(key)); }
  bool drop_any(std::string_view key, size_t size) {
    if (!drop("\"") || rest_.size() < size) return false;
    rest_.remove_suffix(size);
    return drop(key);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Whether the columns say what the body says, seen from its bytes alone: the members that columns repeat are the last ones. False: it is not shown.
bool fits_plainly(const Row& row) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, row.number).ptr;
  Tail tail(row.body);
  return tail.drop("}") && tail.drop(",\"vulnerability\":\"", row.vulnerability) && tail.drop_any(",\"recorded\":\"", 20) && tail.drop(",\"package\":\"", row.package) &&
         tail.drop(std::string_view(digits, static_cast<size_t>(end - digits))) && tail.drop(",\"number\":") && tail.drop(",\"kind\":\"", row.kind) && tail.drop(",\"image\":\"", row.image) &&
         (!row.image.empty() || tail.rest().find("\"image\":\"") == std::string_view::npos);
}

/// What is wrong with a row by itself; empty: nothing.
std::string fault_of(const Row& row) {
  if (fits_plainly(row)) return {};
  const auto entry = read_canonical(row.body);
  if (!entry) return fmt::format("event {} was edited: it is not in the form in which events are written", row.number);
  if (entry->number != row.number) return fmt::format("event {} is not where it was: in its place stands what was recorded as event {}", row.number, entry->number);
  const Event& event = entry->event;
  for (const auto& [name, column, member] : {std::tuple("kind", row.kind, to_string(event.kind)), std::tuple("image", row.image, std::string_view(event.image)), std::tuple("vulnerability", row.vulnerability, std::string_view(event.vulnerability)), std::tuple("package", row.package, std::string_view(event.package))}) {
    if (column != member) return fmt::format("event {} was edited: its column '{}' says '{}', the event '{}'", row.number, name, column, member);
  }
  return {};
}

/// A checkpoint that counts.
struct Mark {
  Checkpoint checkpoint;
  std::string name;
};

class Verifier {
 public:
  explicit Verifier(std::span<const trust::PublicKey> keys) : keys_(keys) {}
  Verification out;

  void damage(std::uint64_t number, std::string what) {
    if (out.damages.size() < most_damages) out.damages.push_back({number, std::move(what)});
    else ++out.more;
  }

  void take(std::string_view envelope, const std::string& name) {
    ++out.checkpoints;
    auto read = read_checkpoint(envelope, name);
    if (!read) return damage(0, std::move(read).error().message);
    const bool believed = std::ranges::any_of(keys_, [&](const trust::PublicKey& key) { return trust::verify_envelope(read->envelope, key).has_value(); });
    if (believed) ++out.believed;
    if (!keys_.empty() && !believed) return damage(0, fmt::format("the checkpoint '{}' over {} events is signed by none of the keys", name, read->checkpoint.size));
    marks_.push_back({read->checkpoint, name});
  }

  /// Once all checkpoints are taken.
  void begin() {
    std::ranges::stable_sort(marks_, {}, [](const Mark& each) { return each.checkpoint.size; });
  }

  void row(const Row& row) {
    if (row.number != at_ + 1) missing(at_ + 1, row.number - 1);
    const bool gap = row.number != at_ + 1;
    std::string fault = fault_of(row);
    std::array<std::uint8_t, 32> raw{};
    const bool sized = row.chain.size() == raw.size();
    if (sized) std::ranges::copy(row.chain, raw.begin());
    const Digest stored = Digest::from(raw), computed = hasher_.update(chain_.raw()).update(row.body).finish();
    if (fault.empty() && !gap && stored != computed) fault = unless_mended(row, stored);
    if (!fault.empty()) damage(row.number, std::move(fault));
    before_ = computed;
    chain_ = stored;
    at_ = row.number;
    ++out.events;
    for (; next_ < marks_.size() && marks_[next_].checkpoint.size <= at_; ++next_) compare(marks_[next_]);
  }

  void finish() {
    for (std::uint64_t first = at_ + 1; next_ < marks_.size(); ++next_) {
      const Mark& mark = marks_[next_];
      if (mark.checkpoint.size < first) continue;
      missing(first, mark.checkpoint.size, fmt::format(": the checkpoint '{}' of {} counts them", mark.name, mark.checkpoint.at.str()));
      first = mark.checkpoint.size + 1;
    }
    out.chain = chain_;
  }

 private:
  void missing(std::uint64_t first, std::uint64_t last, std::string_view why = {}) {
    damage(first, first == last ? fmt::format("event {} is missing{}", first, why) : fmt::format("events {} to {} are missing{}", first, last, why));
  }
  /// What is wrong where the chain breaks between two rows that are well in themselves. Nothing where only the chain of the row before was edited, which is named.
  std::string unless_mended(const Row& row, const Digest& stored) {
    if (before_ && next_chain(*before_, row.body) == stored) return {};
    return fmt::format("event {} was edited, or one before it together with its chain: it does not follow from event {}", row.number, row.number - 1);
  }
  void compare(const Mark& mark) {
    const Checkpoint& checkpoint = mark.checkpoint;
    if (checkpoint.size == at_ && checkpoint.chain == chain_) {
      out.sealed = std::max(out.sealed, checkpoint.size);
      return;
    }
    if (checkpoint.size != at_) return;  // it ends within a gap, which is named
    damage(out.sealed + 1, fmt::format("the chain was computed anew: of the events {} to {} one was edited, removed or put in, for the checkpoint '{}' of {} has another chain", out.sealed + 1, checkpoint.size, mark.name, checkpoint.at.str()));
  }

  std::span<const trust::PublicKey> keys_;
  std::vector<Mark> marks_;
  size_t next_ = 0;
  std::uint64_t at_ = 0;
  Digest chain_ = first_chain();
  std::optional<Digest> before_;  ///< what the chain of the row before would be by its event
  Hasher hasher_;
};

/// Rows with bytes of their own, in the order in which they were read.
class Batch {
 public:
  void clear() { bytes_.clear(), ends_.clear(), numbers_.clear(); }
  bool empty() const { return numbers_.empty(); }
  /// Rows until the batch is full; false: there are no more, and none may be asked for.
  Result<bool> read(host::Statement& rows) {
    constexpr size_t most = 4 << 20;
    while (bytes_.size() < most) {
      TRY_ASSIGN(const bool more, rows.step());
      if (!more) return false;
      numbers_.push_back(static_cast<std::uint64_t>(rows.integer(0)));
      for (int column = 1; column <= columns; ++column) {
        bytes_ += as_text(rows.blob(column));
        ends_.push_back(bytes_.size());
      }
    }
    return true;
  }
  void each(const std::function<void(const Row&)>& take) const {
    size_t begin = 0, at = 0;
    const auto next = [&] {
      const std::string_view out = std::string_view(bytes_).substr(begin, ends_[at] - begin);
      begin = ends_[at++];
      return out;
    };
    for (const std::uint64_t number : numbers_) {
      Row row{};
      row.number = number;
      for (std::string_view* column : {&row.kind, &row.image, &row.vulnerability, &row.package, &row.body}) *column = next();
      row.chain = as_bytes(next());
      take(row);
    }
  }

 private:
  static constexpr int columns = 6;  // of a row, beside its number
  std::string bytes_;
  std::vector<size_t> ends_;  // of each column of each row
  std::vector<std::uint64_t> numbers_;
};

/// Each guard and table as it was made.
Done check_schema(host::Sqlite& database, Verifier& verifier) {
  TRY_ASSIGN(auto rows, database.prepare("SELECT sql FROM sqlite_schema WHERE name = ?"));
  for (const SchemaPart& part : schema) {
    rows.bind(0, part.name);
    TRY_ASSIGN(const bool some, rows.step());
    if (!some) verifier.damage(0, fmt::format("'{}' of the database is missing", part.name));
    else if (rows.text(0) != part.sql) verifier.damage(0, fmt::format("'{}' of the database was changed", part.name));
    rows.reset();
  }
  return {};
}

}  // namespace

Result<Verification> Ledger::verify(std::span<const trust::PublicKey> keys, std::span<const std::pair<std::string, std::string>> envelopes) {
  Verifier verifier(keys);
  TRY(database_.run("BEGIN"));  // one moment for all of it
  const auto look = [&]() -> Done {
    TRY(check_schema(database_, verifier));
    TRY_ASSIGN(auto kept, database_.prepare("SELECT place, envelope FROM checkpoints ORDER BY place"));
    for (;;) {
      TRY_ASSIGN(const bool more, kept.step());
      if (!more) break;
      verifier.take(kept.text(1), fmt::format("{} of the ledger", kept.integer(0)));
    }
    for (const auto& [text, name] : envelopes) verifier.take(text, name);
    verifier.begin();
    TRY_ASSIGN(auto rows, database_.prepare("SELECT number, kind, image, vulnerability, package, body, chain FROM entries ORDER BY number"));
    Batch now, ahead;
    Result<bool> more = true;
    while (*more || !ahead.empty()) {
      std::swap(now, ahead);
      ahead.clear();
      in_parallel(2, 2, [&](size_t index, size_t) {  // what comes is read while what came is hashed
        if (index == 1) now.each([&](const Row& row) { verifier.row(row); });
        else if (*more) more = ahead.read(rows);
      });
      if (!more) return std::unexpected(std::move(more).error());
    }
    verifier.finish();
    return {};
  };
  auto done = look();
  (void)database_.run("COMMIT");
  if (!done) return std::unexpected(std::move(done).error());
  return std::move(verifier.out);
}

}  // namespace ashlar::ledger

#include "deb/inner/index_parts.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

namespace ashlar::deb {
namespace {

constexpr size_t piece_size = 1 << 20;
constexpr std::uint64_t worth_a_thread = 4 << 20;  ///< bytes of index text
constexpr std::uint64_t bytes_a_package = 500;     ///< at least, in most indexes
constexpr std::uint64_t most_expected = 150'000;   ///< packages of one index: room for them is made ahead

/// Cuts a stream into pieces of whole paragraphs. Several threads may ask at once.
class Pieces {
 public:
  explicit Pieces(Source& from) : from_(from) {}
  struct Piece {
    size_t number = 0, line = 1;  ///< both of its begin, in the stream
    std::string text;
  };

  /// Nothing at the end.
  Result<std::optional<Piece>> next() {
    const std::lock_guard hold(mutex_);
    Piece piece{number_, line_, std::move(rest_)};
    rest_.clear();
    while (!ended_) {
      const size_t before = piece.text.size();
      TRY(fill(piece.text));
      if (ended_) break;
      const size_t from = before == 0 ? 0 : before - 1;  // a paragraph's end may have begun in the piece before
      const size_t cut = std::string_view(piece.text).substr(from).rfind("\n\n");
      if (cut == std::string_view::npos) continue;
      rest_ = piece.text.substr(from + cut + 2);
      piece.text.resize(from + cut + 2);
      break;
    }
    if (piece.text.empty()) return std::nullopt;
    ++number_;
    line_ += static_cast<size_t>(std::count(piece.text.begin(), piece.text.end(), '\n'));
    return piece;
  }

 private:
  /// A piece's size more, or what is left.
  Done fill(std::string& text) {
    size_t at = text.size();
    text.resize(at + piece_size);
    while (at < text.size()) {
      TRY_ASSIGN(const size_t count, from_.read({reinterpret_cast<std::uint8_t*>(text.data()) + at, text.size() - at}));
      ended_ = count == 0;
      if (ended_) break;
      at += count;
    }
    text.resize(at);
    return {};
  }

  std::mutex mutex_;
  Source& from_;
  std::string rest_;
  size_t number_ = 0, line_ = 1;
  bool ended_ = false;
};

constexpr std::string_view Package::* texts[] = {
    &Package::name, &Package::version, &Package::architecture, &Package::source, &Package::source_version, &Package::maintainer, &Package::priority, &Package::multi_arch,
    &Package::essential, &Package::depends, &Package::pre_depends, &Package::provides, &Package::conflicts, &Package::breaks, &Package::replaces,
    &Package::recommends, &Package::suggests, &Package::enhances, &Package::protection, &Package::sha256, &Package::filename};

/// Copies what packages look into to one block. What a package has in common with the one before is there once: neighbours are often of one source.
std::unique_ptr<char[]> condense(std::vector<Package>& packages) {
  size_t size = 0;
  const auto is_shared = [&](size_t at, auto field) { return at > 0 && packages[at].*field == packages[at - 1].*field; };
  for (size_t at = 0; at < packages.size(); ++at) {
    for (const auto field : texts) size += is_shared(at, field) ? 0 : (packages[at].*field).size();
  }
  auto block = std::make_unique<char[]>(size);
  char* end = block.get();
  for (size_t at = 0; at < packages.size(); ++at) {
    for (const auto field : texts) {
      std::string_view& text = packages[at].*field;
      if (is_shared(at, field)) {
        text = packages[at - 1].*field;
        continue;
      }
      char* const begin = end;
      end = std::copy(text.begin(), text.end(), begin);
      text = {begin, text.size()};
    }
  }
  return block;
}

/// What several threads make of one stream: parts in the order of the stream, or the first fault in it.
class Assembly {
 public:
  Assembly(Source& from, std::string_view path, std::uint32_t archive) : pieces_(from), path_(path), archive_(archive) {}
  IndexPart out;

  void work() {
    for (;;) {
      auto piece = pieces_.next();
      if (!piece) return (void)take(nothing_more, std::unexpected(std::move(piece).error()));
      if (!*piece) return;
      auto packages = parse_packages((*piece)->text, path_, archive_, (*piece)->line);
      if (!packages) return (void)take((*piece)->number, std::unexpected(std::move(packages).error()));
      IndexPart part{std::move(*packages), {}};
      part.texts.push_back(condense(part.packages));
      if (!take((*piece)->number, std::move(part))) return;
    }
  }

  Done end() {
    if (fault_) return std::unexpected(std::move(*fault_));
    return {};
  }

 private:
  static constexpr size_t nothing_more = ~size_t{0};

  /// Whether to go on.
  bool take(size_t number, Result<IndexPart> part) {
    const std::lock_guard hold(mutex_);
    if (!part) {
      if (!failed_at_ || number < *failed_at_) failed_at_ = number, fault_ = std::move(part).error();
      return false;
    }
    waiting_.emplace(number, std::move(*part));
    for (auto next = waiting_.find(next_); next != waiting_.end(); next = waiting_.find(next_)) {
      append(out, std::move(next->second));
      waiting_.erase(next);
      ++next_;
    }
    return !failed_at_;
  }

  Pieces pieces_;
  std::string_view path_;
  std::uint32_t archive_;
  std::mutex mutex_;
  std::map<size_t, IndexPart> waiting_;
  size_t next_ = 0;
  std::optional<size_t> failed_at_;
  std::optional<Error> fault_;
};

}  // namespace

void append(IndexPart& to, IndexPart from) {
  to.packages.insert(to.packages.end(), from.packages.begin(), from.packages.end());
  std::move(from.texts.begin(), from.texts.end(), std::back_inserter(to.texts));
}

Result<IndexPart> read_packages(Source& from, std::uint64_t size, std::string_view path, std::uint32_t archive) {
  Assembly assembly(from, path, archive);
  assembly.out.packages.reserve(static_cast<size_t>(std::min(size / bytes_a_package, most_expected)));  // memory that stays untouched costs nothing
  if (size >= worth_a_thread) {
    std::thread helper([&] { assembly.work(); });
    assembly.work();
    helper.join();
  } else {
    assembly.work();
  }
  TRY(assembly.end());
  return std::move(assembly.out);
}

}  // namespace ashlar::deb

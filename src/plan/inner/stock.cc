#include "plan/inner/stock.h"

#include <algorithm>
#include <array>
#include <bit>

#include "deb/version.h"

namespace ashlar::plan {
namespace {

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash ^ (hash >> 15);
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

int rank_of(std::string_view priority) {
  constexpr std::array<std::string_view, 5> ranks = {"required", "important", "standard", "optional", "extra"};
  if (priority.empty()) return 0;
  const auto found = std::find(ranks.begin(), ranks.end(), priority);
  return found == ranks.end() ? 5 : static_cast<int>(found - ranks.begin()) + 1;
}

/// Reads relations without copies. What deb::parse_relations refuses is refused here, too.
class RelationReader {
 public:
  explicit RelationReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  struct Item {
    std::string_view name, version;
    deb::Relation relation = deb::Relation::None;
    bool or_next = false;
  };
  enum class Outcome { Item, End, Fault };

  Outcome next(Item& item) {
    while (at_ != end_ && (is_space(*at_) || *at_ == ',')) ++at_;
    if (at_ == end_) return Outcome::End;
    const char* const begin = at_;
    while (at_ != end_ && !is_space(*at_) && *at_ != '(' && *at_ != ',' && *at_ != '|') ++at_;
    if (at_ == begin) return Outcome::Fault;
    item = {std::string_view(begin, static_cast<size_t>(at_ - begin)), {}, deb::Relation::None, false};
    skip();
    if (at_ != end_ && *at_ == '(' && !read_version(item)) return Outcome::Fault;
    skip();
    if (at_ == end_) return Outcome::Item;
    if (*at_ != ',' && *at_ != '|') return Outcome::Fault;
    item.or_next = *at_++ == '|';
    return Outcome::Item;
  }

 private:
  void skip() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool read_version(Item& item) {
    ++at_;
    skip();
    const char* const sign = at_;
    while (at_ != end_ && (*at_ == '<' || *at_ == '>' || *at_ == '=')) ++at_;
    const std::string_view text(sign, static_cast<size_t>(at_ - sign));
    if (text == "=") item.relation = deb::Relation::Equal;
    else if (text == ">=" || text == ">") item.relation = deb::Relation::GreaterEqual;
    else if (text == "<=" || text == "<") item.relation = deb::Relation::LessEqual;
    else if (text == "<<") item.relation = deb::Relation::Less;
    else if (text == ">>") item.relation = deb::Relation::Greater;
    else return false;
    skip();
    const char* const begin = at_;
    while (at_ != end_ && *at_ != ')' && !is_space(*at_)) ++at_;
    item.version = std::string_view(begin, static_cast<size_t>(at_ - begin));
    skip();
    if (at_ == end_ || *at_ != ')' || item.version.empty()) return false;
    ++at_;
    return true;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

Stock::Stock(std::span<const deb::Package> packages, std::string_view architecture) : packages_(packages), architecture_(architecture) {
  names_.reserve(packages.size() * 2);
  hashes_.reserve(packages.size() * 2);
  table_.resize(std::bit_ceil(std::max<size_t>(64, packages.size() * 4)));
  own_names_.assign(packages.size(), nowhere);
  priorities_.resize(packages.size());
  links_.reserve(packages.size() * 8);
  link_ends_.resize(packages.size());
  for (Place place = 0; place < packages.size(); ++place) {
    read(place);
    link_ends_[place] = static_cast<std::uint32_t>(links_.size());
  }
  sort_versions();
  sort_providers();
}

std::optional<Name> Stock::find(std::string_view name) const {
  const std::uint32_t hash = hash_of(name);
  for (size_t at = hash & (table_.size() - 1); table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
    const Name found = table_[at] - 1;
    if (hashes_[found] == hash && names_[found] == name) return found;
  }
  return std::nullopt;
}

Name Stock::intern(std::string_view name) {
  if (names_.size() * 2 >= table_.size()) {
    std::vector<std::uint32_t> wider(table_.size() * 2);
    for (Name each = 0; each < names_.size(); ++each) {
      size_t at = hashes_[each] & (wider.size() - 1);
      while (wider[at] != 0) at = (at + 1) & (wider.size() - 1);
      wider[at] = each + 1;
    }
    table_ = std::move(wider);
  }
  const std::uint32_t hash = hash_of(name);
  size_t at = hash & (table_.size() - 1);
  for (; table_[at] != 0; at = (at + 1) & (table_.size() - 1)) {
    const Name found = table_[at] - 1;
    if (hashes_[found] == hash && names_[found] == name) return found;
  }
  names_.push_back(name);
  hashes_.push_back(hash);
  table_[at] = static_cast<std::uint32_t>(names_.size());
  return table_[at] - 1;
}

Name Stock::intern_copy(std::string text) {
  if (const auto found = find(text)) return *found;
  return intern(made_.emplace_back(std::move(text)));
}

void Stock::read(Place place) {
  const deb::Package& package = packages_[place];
  if (package.architecture != architecture_ && package.architecture != "all") return;
  own_names_[place] = intern(package.name);
  priorities_[place] = static_cast<std::uint8_t>(rank_of(package.priority));
  read_field(package.pre_depends, Field::PreDepends, true, place);
  read_field(package.depends, Field::Depends, true, place);
  read_field(package.conflicts, Field::Conflicts, true, place);
  read_field(package.breaks, Field::Breaks, true, place);
  read_field(package.recommends, Field::Recommends, true, place);
  read_field(package.suggests, Field::Suggests, true, place);
  // These two matter for the numbers of names alone.
  read_field(package.replaces, Field::Suggests, false, place);
  read_field(package.enhances, Field::Suggests, false, place);
  read_provides(place);
}

void Stock::read_field(std::string_view text, Field field, bool keep, Place place) {
  RelationReader reader(text);
  RelationReader::Item item;
  for (;;) {
    const auto outcome = reader.next(item);
    if (outcome == RelationReader::Outcome::End) return;
    if (outcome == RelationReader::Outcome::Fault) {
      if (keep && (is_need(field) || is_refusal(field))) damaged_.push_back(place);
      return;
    }
    Link link{nowhere, field, item.relation, item.or_next, item.version};
    const size_t colon = item.name.find(':');
    if (colon == std::string_view::npos || item.name.ends_with(":any")) {
      link.target = intern(item.name);
    } else {
      const bool native = item.name.substr(colon + 1) == "native";
      link.target = native ? intern_copy(std::string(item.name.substr(0, colon)) + ":" + architecture_) : intern(item.name);
      if (names_[link.target].substr(colon + 1) == architecture_) intern(item.name.substr(0, colon));
    }
    if (keep) links_.push_back(link);
  }
}

void Stock::read_provides(Place place) {
  const deb::Package& package = packages_[place];
  const bool allowed = package.multi_arch == "allowed";
  RelationReader reader(package.provides);
  RelationReader::Item item;
  while (reader.next(item) == RelationReader::Outcome::Item) {
    if (item.relation != deb::Relation::None && item.relation != deb::Relation::Equal) continue;  // Policy 7.5 knows `=` alone
    const size_t colon = item.name.find(':');
    if (colon != std::string_view::npos) {
      if (item.name.substr(colon + 1) == architecture_) rows_.push_back({intern(item.name.substr(0, colon)), {place, item.version}});
      rows_.push_back({intern(item.name), {place, item.version}});
      continue;
    }
    if (allowed) rows_.push_back({intern_copy(std::string(item.name) + ":any"), {place, item.version}});
    if (item.name == package.name && (item.version.empty() || item.version == package.version)) continue;
    rows_.push_back({intern(item.name), {place, item.version}});
  }
  if (allowed) rows_.push_back({intern_copy(std::string(package.name) + ":any"), {place, package.version}});
}

std::vector<Name> Stock::provided_by(Place place) const {
  const deb::Package& package = packages_[place];
  const bool allowed = package.multi_arch == "allowed";
  std::vector<Name> out;
  const auto add_one = [&](const std::string& provided) {
    if (const auto name = find(provided)) out.push_back(*name);
  };
  const auto add_qualified = [&](const std::string& provided) {
    if (allowed) add_one(provided + ":any");
    add_one(provided + ":" + architecture_);
  };
  add_qualified(std::string(package.name));
  RelationReader reader(package.provides);
  RelationReader::Item item;
  while (reader.next(item) == RelationReader::Outcome::Item) {
    add_one(std::string(item.name));
    add_qualified(std::string(item.name));
  }
  return out;
}

std::vector<std::string_view> Stock::numbers(Name name) const {
  std::vector<std::string_view> out;
  for (const Place place : versions(name)) {
    if (out.empty() || out.back() != at(place).version) out.push_back(at(place).version);
  }
  return out;
}

void Stock::sort_versions() {
  std::vector<std::uint32_t> counts(names_.size());
  for (const Name name : own_names_) {
    if (name != nowhere) ++counts[name];
  }
  version_ends_.resize(names_.size());
  std::uint32_t total = 0;
  for (size_t name = 0; name < counts.size(); ++name) {
    version_ends_[name] = total;
    total += counts[name];
  }
  versions_.resize(total);
  for (Place place = 0; place < own_names_.size(); ++place) {
    if (own_names_[place] != nowhere) versions_[version_ends_[own_names_[place]]++] = place;
  }
  for (size_t name = 0; name < counts.size(); ++name) {
    if (counts[name] < 2) continue;
    const auto end = versions_.begin() + version_ends_[name];
    std::stable_sort(end - counts[name], end, [&](Place a, Place b) { return deb::compare_versions(packages_[a].version, packages_[b].version) > 0; });
  }
}

void Stock::sort_providers() {
  // `name:architecture` is whatever is or provides the name; all packages here are for that architecture.
  const std::string suffix = ":" + architecture_;
  const size_t read = rows_.size();
  for (Name name = 0; name < names_.size(); ++name) {
    if (!names_[name].ends_with(suffix)) continue;
    const auto plain = find(names_[name].substr(0, names_[name].size() - suffix.size()));
    if (!plain) continue;
    for (const Place place : versions(*plain)) rows_.push_back({name, {place, packages_[place].version}});
    for (size_t at = 0; at < read; ++at) {
      if (rows_[at].name == *plain) rows_.push_back({name, rows_[at].provider});
    }
  }
  std::vector<std::uint32_t> begins(names_.size() + 1);
  for (const Row& row : rows_) ++begins[row.name + 1];
  for (size_t name = 1; name < begins.size(); ++name) begins[name] += begins[name - 1];
  providers_.resize(rows_.size());
  std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
  for (const Row& row : rows_) providers_[next[row.name]++] = row.provider;
  provider_ends_.assign(begins.begin() + 1, begins.end());
  rows_ = {};
}

bool Stock::is_damaged(Place place) const { return std::binary_search(damaged_.begin(), damaged_.end(), place); }

bool Stock::fits(const Link& link, std::string_view version) {
  if (link.relation == deb::Relation::None) return true;
  if (version.empty()) return false;
  const auto order = deb::compare_versions(version, link.version);
  switch (link.relation) {
    case deb::Relation::Less: return order < 0;
    case deb::Relation::LessEqual: return order <= 0;
    case deb::Relation::Equal: return order == 0;
    case deb::Relation::GreaterEqual: return order >= 0;
    case deb::Relation::Greater: return order > 0;
    case deb::Relation::None: break;
  }
  return true;
}

Links Stock::next_clause(Links& rest) {
  size_t size = 0;
  while (size < rest.size() && rest[size].or_next) ++size;
  size = std::min(size + 1, rest.size());
  const Links clause = rest.first(size);
  rest = rest.subspan(size);
  return clause;
}

}  // namespace ashlar::plan

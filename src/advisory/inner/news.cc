#include "advisory/inner/news.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "advisory/inner/layout.h"
#include "advisory/inner/packed.h"

namespace ashlar::advisory {
namespace {

/// Of what several records of one identifier say together.
Rows joined(std::vector<Said>::const_iterator first, std::vector<Said>::const_iterator last) {
  Rows out;
  for (; first != last; ++first) {
    out.said.insert(out.said.end(), first->rows.said.begin(), first->rows.said.end());
    out.affected.insert(out.affected.end(), first->rows.affected.begin(), first->rows.affected.end());
  }
  for (auto* const list : {&out.said, &out.affected}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return out;
}

bool is_withdrawn(const Said& said) { return said.record->withdrawn; }

}  // namespace

void Rows::add(std::string_view space, std::string_view package, std::string_view data, Stance stance) {
  std::string text(space);
  text.append(1, '\0').append(package);
  if (stance == Stance::Affected) affected.push_back(std::hash<std::string>()(text));
  text.append(1, '\0').append(data);
  said.push_back(std::hash<std::string>()(text));
}

std::vector<Said> said_of(const PackedFeed& feed) {
  std::vector<Said> out;
  for (const PackedFeed::Record& record : feed.records) out.push_back({&record});
  for (const PackedFeed::Row& row : feed.rows) {
    Unpacker from(as_bytes(row.data));
    out[row.record].rows.add(feed.spaces[row.space], row.package, row.data, unpack_affected(from).stance);
  }
  return out;
}

Result<std::map<std::int64_t, Rows>> rows_of(host::Sqlite& database, const std::set<std::int64_t>& feeds) {
  std::map<std::int64_t, Rows> out;
  if (feeds.empty()) return out;
  TRY_ASSIGN(auto ask, database.prepare("SELECT s.name, m.package, m.data FROM match m JOIN space s ON s.id = m.space"));
  for (;;) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return out;
    TRY_ASSIGN(const auto entries, unpack_entries(ask.blob(2)));
    for (const Entry& entry : entries) {
      if (feeds.contains(entry.feed)) out[entry.record].add(ask.text(0), ask.text(1), pack(entry.affected), entry.affected.stance);
    }
  }
}

FeedNews compare(const std::string& feed, const std::vector<Said>& before, const std::vector<Said>& now) {
  FeedNews news{.feed = feed};
  const auto id = [](const Said& said) -> const std::string& { return said.record->id; };
  const auto end_of = [&](auto first, const std::vector<Said>& all) { return std::find_if(first, all.end(), [&](const Said& each) { return id(each) != id(*first); }); };
  for (auto at = now.begin(), old = before.begin(); at != now.end() || old != before.end();) {
    if (at == now.end() || (old != before.end() && id(*old) < id(*at))) {
      news.vanished.push_back(id(*old));
      old = end_of(old, before);
      continue;
    }
    const auto end = end_of(at, now);
    if (old == before.end() || id(*at) < id(*old)) {
      news.added += static_cast<std::uint64_t>(end - at);
      at = end;
      continue;
    }
    const auto old_end = end_of(old, before);
    const Rows had = joined(old, old_end), has = joined(at, end);
    const bool same = had.said == has.said && std::equal(old, old_end, at, end, [](const Said& a, const Said& b) { return a.record->data == b.record->data; });
    if (!same) ++news.changed;
    if (std::all_of(at, end, is_withdrawn)) {
      if (!std::all_of(old, old_end, is_withdrawn)) news.withdrawn.push_back(id(*at));
    } else if (!std::ranges::includes(has.affected, had.affected)) {
      news.retracted.push_back(id(*at));
    }
    at = end, old = old_end;
  }
  return news;
}

void compare_names(const std::vector<std::string>& before, const std::vector<std::string>& now, FeedNews& news) {
  std::ranges::set_difference(before, now, std::back_inserter(news.vanished));
  std::vector<std::string> fresh;
  std::ranges::set_difference(now, before, std::back_inserter(fresh));
  news.added += fresh.size();
}

}  // namespace ashlar::advisory

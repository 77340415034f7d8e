#include "scan/inventories.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/packing.h"
#include "scan/inner/within.h"
#include "scan/judge.h"

namespace ashlar::scan {
namespace {

constexpr int layout_version = 1;
constexpr int application_id = 0x41736869;  // "Ashi"
constexpr std::int64_t day = 86400;
constexpr std::int64_t no_symbols = 0;

constexpr const char* layout_sql = R"(
CREATE TABLE image (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, ref TEXT NOT NULL, platform TEXT NOT NULL, distribution TEXT NOT NULL, scanned INTEGER NOT NULL,
                    made_by TEXT NOT NULL, doubts BLOB NOT NULL);
CREATE INDEX doubtful ON image (id) WHERE doubts <> x'';
CREATE TABLE package (id INTEGER PRIMARY KEY, space TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (space, name));
CREATE TABLE symbols (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE part (id INTEGER PRIMARY KEY, package INTEGER NOT NULL, version TEXT NOT NULL, symbols INTEGER NOT NULL, UNIQUE (package, version, symbols));
CREATE TABLE holds (part INTEGER NOT NULL, image INTEGER NOT NULL, PRIMARY KEY (part, image)) WITHOUT ROWID;
)";

Result<std::int64_t> one_number(host::Sqlite& database, std::string_view sql) {
  TRY_ASSIGN(auto ask, database.prepare(sql));
  TRY_ASSIGN(const bool any, ask.step());
  return any ? ask.integer(0) : 0;
}

/// What a list of texts is as a blob; of none, nothing.
std::string packed(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  Packer to;
  to.texts(texts);
  return to.take();
}

std::vector<std::string> unpacked(BytesView bytes) {
  Unpacker from(bytes);
  return bytes.empty() ? std::vector<std::string>() : from.texts();
}

/// Gives identifiers to rows by a key of theirs: those that there are, new ones to others.
class Numbers {
 public:
  static Result<Numbers> of(host::Sqlite& database, std::string_view find, std::string_view insert) {
    TRY_ASSIGN(auto found, database.prepare(find));
    TRY_ASSIGN(auto inserted, database.prepare(insert));
    return Numbers(std::move(found), std::move(inserted));
  }
  /// `key` binds what tells the row from others, `rest` what a new one has beside.
  template <class Key, class Rest>
  Result<std::int64_t> get(Key key, Rest rest) {
    find_.reset();
    key(find_);
    TRY_ASSIGN(const bool any, find_.step());
    if (any) return find_.integer(0);
    insert_.reset();
    key(insert_);
    rest(insert_);
    TRY_ASSIGN(const bool made, insert_.step());
    if (!made) return fail(Kind::Corrupt, "a row of the remembered images has no number");
    return insert_.integer(0);
  }
  template <class Key>
  Result<std::int64_t> get(Key key) {
    return get(key, [](host::Statement&) {});
  }

 private:
  Numbers(host::Statement find, host::Statement insert) : find_(std::move(find)), insert_(std::move(insert)) {}
  host::Statement find_, insert_;
};

/// A transaction, undone where it does not end well.
template <class Work>
Done in_transaction(host::Sqlite& database, Work work) {
  TRY(database.run("BEGIN IMMEDIATE"));
  Done done = work();
  if (done) done = database.run("COMMIT");
  if (!done) (void)database.run("ROLLBACK");
  return done;
}

Remembered remembered(const host::Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)), Time{row.integer(4)}, unpacked(row.blob(5))};
}

auto by_name(const Remembered& image) { return std::tie(image.ref, image.digest); }

/// What one package at one version is judged to be.
Result<std::vector<Hit>> hits_of(advisory::Database& database, const std::vector<advisory::Match>& matches, const Place& place, const std::vector<std::string>& symbols) {
  std::vector<Hit> out;
  TRY_ASSIGN(auto judgements, judge_by(database, matches, place, symbols, Depth::Findings));
  for (Judgement& judgement : judgements) {
    if (judgement.outcome != Outcome::Withdrawn && judgement.outcome != Outcome::NotAffected) out.push_back({place, std::move(judgement)});
  }
  return out;
}

}  // namespace

Result<Inventories> Inventories::open(const host::Path& path) {
  TRY_ASSIGN(auto database, host::Sqlite::open_shared(path));
  // What is lost in a power cut is remembered again by the next scan; nobody waits for the disk.
  TRY(database.run("PRAGMA synchronous=NORMAL"));
  TRY_ASSIGN(const std::int64_t version, one_number(database, "PRAGMA user_version"));
  if (version == layout_version) return Inventories(std::move(database));
  const std::string what = fmt::format("open remembered images '{}'", path.string());
  if (version != 0) return cannot(Kind::Invalid, what, fmt::format("its layout is version {}, this program reads version {}: remove it, and scan the images again", version, layout_version));
  const Done made = in_transaction(database, [&]() -> Done {
    TRY_ASSIGN(const std::int64_t now, one_number(database, "PRAGMA user_version"));  // another process may have been faster
    if (now == layout_version) return {};
    TRY_ASSIGN(const std::int64_t tables, one_number(database, "SELECT count(*) FROM sqlite_schema"));
    if (tables != 0) return fail(Kind::Corrupt, "it is another database");
    return database.run(fmt::format("PRAGMA application_id={}; PRAGMA user_version={};{}", application_id, layout_version, layout_sql));
  });
  if (!made) return cannot(what, made.error());
  return Inventories(std::move(database));
}

Done Inventories::write(std::int64_t image, const Subject& subject, const Report& report) {
  TRY_ASSIGN(auto packages, Numbers::of(database_, "SELECT id FROM package WHERE space = ? AND name = ?", "INSERT INTO package (space, name) VALUES (?,?) RETURNING id"));
  TRY_ASSIGN(auto symbols, Numbers::of(database_, "SELECT id FROM symbols WHERE digest = ?", "INSERT INTO symbols (digest, data) VALUES (?,?) RETURNING id"));
  TRY_ASSIGN(auto parts, Numbers::of(database_, "SELECT id FROM part WHERE package = ? AND version = ? AND symbols = ?", "INSERT INTO part (package, version, symbols) VALUES (?,?,?) RETURNING id"));
  std::set<std::int64_t> held;
  for (const inventory::Component& component : subject.components) {
    const Place place = place_of(component, report.distribution);
    if (!place.reason.empty() || !package_with(subject, component, report.foreign).empty()) continue;
    TRY_ASSIGN(const std::int64_t package, packages.get([&](host::Statement& to) { to.bind(0, place.space).bind(1, place.package); }));
    std::int64_t linked = no_symbols;
    if (!component.symbols.empty()) {
      const std::string data = packed(component.symbols);
      const Digest digest = Digest::of(data);
      TRY_ASSIGN(linked, symbols.get([&](host::Statement& to) { to.bind(0, BytesView(digest.raw())); }, [&](host::Statement& to) { to.bind(1, as_bytes(data)); }));
    }
    TRY_ASSIGN(const std::int64_t part, parts.get([&](host::Statement& to) { to.bind(0, package).bind(1, place.version).bind(2, linked); }));
    held.insert(part);
  }
  TRY_ASSIGN(auto holds, database_.prepare("INSERT INTO holds VALUES (?,?)"));
  for (const std::int64_t part : held) TRY(holds.bind(0, part).bind(1, image).run());
  return {};
}

Done Inventories::keep(const Subject& subject, const Report& report, Time now, std::string_view made_by) {
  if (!takes(subject)) return {};
  const std::string doubts = packed(report.doubts);
  const std::int64_t today = now.seconds / day * day;
  TRY_ASSIGN(auto same, database_.prepare("SELECT 1 FROM image WHERE digest = ? AND ref = ? AND scanned >= ? AND made_by = ? AND doubts = ?"));
  TRY_ASSIGN(const bool nothing_new, same.bind(0, subject.digest).bind(1, subject.ref).bind(2, today).bind(3, made_by).bind(4, as_bytes(doubts)).step());
  if (nothing_new) return {};
  same.reset();
  return in_transaction(database_, [&]() -> Done {
    TRY_ASSIGN(auto ask, database_.prepare("SELECT made_by FROM image WHERE digest = ?"));
    TRY_ASSIGN(const bool there, ask.bind(0, subject.digest).step());
    const bool whole = there && ask.text(0) == made_by;  // what is remembered of it was found by this program
    ask.reset();
    TRY_ASSIGN(auto put, database_.prepare("INSERT INTO image (digest, ref, platform, distribution, scanned, made_by, doubts) VALUES (?1,?2,?3,?4,?5,?6,?7) ON CONFLICT (digest) DO UPDATE "
                                           "SET ref = ?2, platform = ?3, distribution = ?4, scanned = max(scanned, ?5), made_by = ?6, doubts = ?7 RETURNING id"));
    put.bind(0, subject.digest).bind(1, subject.ref).bind(2, subject.platform).bind(3, report.distribution.space).bind(4, today).bind(5, made_by).bind(6, as_bytes(doubts));
    TRY(put.step());
    const std::int64_t image = put.integer(0);
    put.reset();
    if (whole) return {};
    if (there) {
      TRY_ASSIGN(auto drop, database_.prepare("DELETE FROM holds WHERE image = ?"));
      TRY(drop.bind(0, image).run());
    }
    return write(image, subject, report);
  });
}

Result<std::uint64_t> Inventories::forget(std::string_view digest_or_ref) {
  std::uint64_t count = 0;
  TRY(in_transaction(database_, [&]() -> Done {
    TRY_ASSIGN(auto holds, database_.prepare("DELETE FROM holds WHERE image IN (SELECT id FROM image WHERE digest = ?1 OR ref = ?1)"));
    TRY(holds.bind(0, digest_or_ref).run());
    TRY_ASSIGN(auto images, database_.prepare("DELETE FROM image WHERE digest = ?1 OR ref = ?1 RETURNING id"));
    images.bind(0, digest_or_ref);
    for (;;) {
      TRY_ASSIGN(const bool more, images.step());
      if (!more) return {};
      ++count;
    }
  }));
  return count;
}

Result<Answer> Inventories::ask(advisory::Database& database, const std::string& id) {
  Answer out;
  TRY_ASSIGN(const std::int64_t images, one_number(database_, "SELECT count(*) FROM image"));
  out.images = static_cast<std::uint64_t>(images);
  std::set<advisory::PackageName> packages;
  TRY_ASSIGN(auto records, database.named(id));
  std::ranges::sort(records);
  for (const std::int64_t record : records) {
    TRY_ASSIGN(auto named, database.packages(record));
    packages.insert(named.begin(), named.end());
  }
  std::map<std::int64_t, std::vector<Hit>> by_image;
  TRY_ASSIGN(auto parts, database_.prepare("SELECT p.id, p.version, s.data FROM package k JOIN part p ON p.package = k.id LEFT JOIN symbols s ON s.id = p.symbols WHERE k.space = ? AND k.name = ? ORDER BY p.version, p.id"));
  TRY_ASSIGN(auto holders, database_.prepare("SELECT image FROM holds WHERE part = ?"));
  for (const advisory::PackageName& package : packages) {
    TRY_ASSIGN(auto matches, database.matches(package.space, package.name));
    std::erase_if(matches, [&](const advisory::Match& match) { return !std::ranges::binary_search(records, match.record); });
    parts.reset();
    parts.bind(0, package.space).bind(1, package.name);
    for (;;) {
      TRY_ASSIGN(const bool more, parts.step());
      if (!more) break;
      TRY_ASSIGN(const auto hits, hits_of(database, matches, {package.space, package.name, std::string(parts.text(1))}, unpacked(parts.blob(2))));
      if (hits.empty()) continue;
      holders.reset();
      holders.bind(0, parts.integer(0));
      for (;;) {
        TRY_ASSIGN(const bool another, holders.step());
        if (!another) break;
        auto& all = by_image[holders.integer(0)];
        all.insert(all.end(), hits.begin(), hits.end());
      }
    }
  }
  TRY_ASSIGN(auto image, database_.prepare("SELECT digest, ref, platform, distribution, scanned, doubts FROM image WHERE id = ?"));
  for (auto& [number, hits] : by_image) {
    image.reset();
    TRY_ASSIGN(const bool any, image.bind(0, number).step());
    if (any) out.exposed.push_back({remembered(image), std::move(hits)});
  }
  TRY_ASSIGN(auto doubtful, database_.prepare("SELECT digest, ref, platform, distribution, scanned, doubts FROM image WHERE doubts <> x''"));
  for (;;) {
    TRY_ASSIGN(const bool more, doubtful.step());
    if (!more) break;
    out.doubtful.push_back(remembered(doubtful));
  }
  std::ranges::sort(out.exposed, {}, [](const Exposure& each) { return by_name(each.image); });
  std::ranges::sort(out.doubtful, {}, by_name);
  return out;
}

}  // namespace ashlar::scan

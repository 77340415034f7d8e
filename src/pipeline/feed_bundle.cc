// Bundles for sealed rooms: the database, compressed, and a signed statement of what it is, in one tar archive.
#include <algorithm>
#include <iterator>
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <zstd.h>

#include "advisory/content.h"
#include "base/codec.h"
#include "base/tar.h"
#include "pipeline/feeds.h"
#include "pipeline/inner/feed_store.h"
#include "trust/key.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view schema = "https://ashlar.dev/feed-bundle/v1";
constexpr size_t max_small = 1 << 20, max_database = size_t{1} << 30;

std::string packed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 19));
  return out;
}

void add_member(Bytes& tar, const std::string& name, std::string_view content) {
  append_tar_header(tar, {.path = name, .type = FileType::Regular, .mode = 0644, .size = content.size()});
  const BytesView bytes = as_bytes(content);
  tar.insert(tar.end(), bytes.begin(), bytes.end());
  tar.resize(tar.size() + tar_padding(content.size()));
}

/// What the statement says of the database.
struct Stated {
  Time created;
  Digest database, content;  ///< Database::digest(), and that of the file's bytes
  std::vector<advisory::FeedCheck> checks{};
};

struct Bundle {
  std::string statement, signature, database;  ///< the database compressed
};

Result<Bundle> read_bundle(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(auto file, files.open(path));
  const auto source = host::stream(std::move(file));
  TarReader reader(*source);
  Bundle out;
  for (;;) {
    TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
    std::string* into = entry->path == "bundle.json" ? &out.statement : entry->path == "bundle.sig" ? &out.signature : entry->path == "database.db.zst" ? &out.database : nullptr;
    if (into == nullptr || entry->type != FileType::Regular || !into->empty()) return fail(Kind::Corrupt, fmt::format("'{}' has no place in it", entry->path));
    TRY_ASSIGN(const Bytes bytes, read_all(reader, into == &out.database ? max_database : max_small));
    *into = as_text(bytes);
  }
  if (out.statement.empty() || out.signature.empty() || out.database.empty()) return fail(Kind::Corrupt, "it is no bundle of advisories");
  return out;
}

Result<Stated> read_statement(const std::string& text) {
  TRY_ASSIGN(const Json json, parse_json(text, "bundle.json"));
  if (!json.is_object()) return fail(Kind::Corrupt, "'bundle.json' is no object");
  TRY_ASSIGN(const std::string found, get_string(json, "schema"));
  if (found != schema) return fail(Kind::Invalid, fmt::format("its 'schema' is '{}', not '{}'", found, schema));
  TRY_ASSIGN(const std::string created, get_string(json, "created"));
  TRY_ASSIGN(const std::string database, get_string(json, "database"));
  TRY_ASSIGN(const std::string content, get_string(json, "content"));
  TRY_ASSIGN(const Time moment, Time::parse(created));
  TRY_ASSIGN(const Digest database_digest, Digest::parse(database));
  TRY_ASSIGN(const Digest content_digest, Digest::parse(content));
  Stated out{moment, database_digest, content_digest};
  const auto feeds = json.find("feeds");
  if (feeds == json.end() || !feeds->is_array()) return fail(Kind::Corrupt, "'bundle.json' has no list 'feeds'");
  for (const Json& feed : *feeds) {
    if (!feed.is_object()) return fail(Kind::Corrupt, "a feed of 'bundle.json' is no object");
    TRY_ASSIGN(const std::string checked, get_string_or_empty(feed, "checked"));
    if (checked.empty()) continue;
    TRY_ASSIGN(std::string name, get_string(feed, "name"));
    TRY_ASSIGN(const std::string digest, get_string(feed, "digest"));
    TRY_ASSIGN(const Digest of, Digest::parse(digest));
    TRY_ASSIGN(const Time at, Time::parse(checked));
    out.checks.push_back({std::move(name), of, at});
  }
  return out;
}

/// Checks who signed it and that its database is the one that was signed; gives its bytes.
Result<std::string> open_bundle(const Bundle& bundle, const trust::PublicKey& key, Stated& stated) {
  TRY(key.verify(bundle.statement, bundle.signature));
  TRY_ASSIGN(stated, read_statement(bundle.statement));
  const auto source = decode(Codec::Zstd, std::make_unique<MemorySource>(as_bytes(bundle.database)));
  TRY_ASSIGN(const Bytes bytes, read_all(*source, max_database));
  if (Digest::of(bytes) != stated.content) return fail(Kind::Corrupt, "its database is not the one that was signed");
  return std::string(as_text(bytes));
}

/// Feeds that are not what they were.
std::vector<FeedReplaced> replaced_by(const std::vector<advisory::FeedStamp>& before, const std::vector<advisory::FeedStamp>& now) {
  std::map<std::string, FeedReplaced> out;
  for (const auto& each : before) out[each.name].before = each;
  for (const auto& each : now) out[each.name].now = each;
  std::vector<FeedReplaced> list;
  for (auto& [name, each] : out) {
    if (each.before && each.now && each.before->digest == each.now->digest) continue;
    each.feed = name;
    list.push_back(std::move(each));
  }
  return list;
}

bool is_older(const advisory::FeedStamp& a, const advisory::FeedStamp& b) { return std::pair(a.dated, a.fetched) < std::pair(b.dated, b.fetched); }

/// Why what is there goes before, each in one line; none: it does not.
std::vector<std::string> objections(const std::vector<FeedReplaced>& replaced) {
  std::vector<std::string> out;
  for (const FeedReplaced& each : replaced) {
    if (each.before && !each.now) out.push_back(fmt::format("it lacks feed '{}', which the database that is there has", each.feed));
    else if (each.before && is_older(*each.now, *each.before)) out.push_back(fmt::format("its feed '{}' is of {}, that which is there of {}", each.feed, each.now->dated.str(), each.before->dated.str()));
  }
  return out;
}

/// Whether a file begins as a bundle does.
bool is_bundle(host::Files& files, const host::Path& path) {
  auto file = files.open(path);
  if (!file) return false;
  const auto source = host::stream(std::move(*file));
  TarReader reader(*source);
  const auto first = reader.next();
  return first && *first && (*first)->path == "bundle.json";
}

/// What a draft holds, once it is what its statement says.
Result<std::vector<advisory::FeedStamp>> feeds_of(host::Files& files, const host::Path& draft, const Stated& stated) {
  TRY_ASSIGN(const auto opened, advisory::Database::open(draft));
  TRY_ASSIGN(const auto file, files.open(draft));
  TRY(advisory::check_content(*file, draft));
  if (opened->digest() != stated.database) return fail(Kind::Corrupt, "its database is another one than it says");
  return opened->feeds();
}

}  // namespace

Done export_feeds(Workshop& workshop, const host::Path& bundle, const trust::PrivateKey& key) {
  host::Files& files = *workshop.machine.files;
  if (files.exists(bundle) && !is_bundle(files, bundle)) return cannot(Kind::Conflict, fmt::format("write bundle '{}'", bundle.string()), "something else is there, which is no bundle: remove it, or name another file");
  TRY_ASSIGN(const host::Path path, find_database(workshop, std::nullopt));
  TRY_ASSIGN(const auto database, FeedStore(workshop).open(path, true));
  TRY_ASSIGN(const std::string content, files.read(path));
  Json feeds = Json::array();
  for (const auto& feed : database->feeds()) {
    feeds.push_back({{"name", feed.name}, {"dated", feed.dated.str()}, {"digest", feed.digest.str()}, {"records", feed.records}});
    if (feed.checked != Time{}) feeds.back()["checked"] = feed.checked.str();
  }
  const std::string statement = to_pretty({{"schema", schema}, {"created", database->created().str()}, {"database", database->digest().str()}, {"content", Digest::of(content).str()}, {"feeds", std::move(feeds)}});
  TRY_ASSIGN(const std::string signature, key.sign(statement));
  Bytes tar;
  add_member(tar, "bundle.json", statement);
  add_member(tar, "bundle.sig", signature);
  add_member(tar, "database.db.zst", packed(content));
  tar.resize(tar.size() + tar_end_size);
  return files.write(bundle, as_text(tar));
}

Result<FeedImport> import_feeds(Workshop& workshop, const host::Path& bundle, const trust::PublicKey& key, bool replace) {
  host::Files& files = *workshop.machine.files;
  const std::string what = fmt::format("import advisories from '{}'", bundle.string());
  auto read = read_bundle(files, bundle);
  if (!read) return cannot(what, std::move(read).error());
  Stated stated{{}, Digest::of(std::string_view()), Digest::of(std::string_view())};
  auto content = open_bundle(*read, key, stated);
  if (!content) return cannot(what, std::move(content).error());
  const FeedStore store(workshop);
  TRY_ASSIGN(const auto lock, store.lock());
  std::vector<advisory::FeedStamp> before;
  std::vector<std::string> against;
  if (const host::Path current = store.current(); !current.empty()) {
    const auto present = store.open(current, true);
    if (!present && present.error().kind != Kind::Invalid && present.error().kind != Kind::Corrupt) return std::unexpected(present.error());
    if (present) before = (*present)->feeds();
    TRY_ASSIGN(const Time made, present ? Result<Time>((*present)->created()) : FeedStore::moment_of(current));  // one of another layout, or a damaged one, tells by its name
    if (stated.created < made) against.push_back(fmt::format("it was made at {}, the database that is there at {}", stated.created.str(), made.str()));
    if (stated.created < made && !replace) return cannot(Kind::Conflict, what, against.front() + ": an older one is not taken (--replace takes it)");
  }
  const host::Path target = store.path_for(stated.created, stated.database);
  TRY(files.make_folders(target.parent_path()));
  const host::Path draft = target.parent_path() / "incoming";
  TRY(files.write(draft, *content));
  const auto now = feeds_of(files, draft, stated);
  FeedImport out{target, now ? replaced_by(before, *now) : std::vector<FeedReplaced>()};
  std::ranges::move(objections(out.replaced), std::back_inserter(against));
  if (!now || (!replace && !against.empty())) {
    TRY(files.remove(draft));
    return now ? cannot(Kind::Conflict, what, against.front() + "; --replace takes it all the same") : cannot(Kind::Corrupt, what, now.error().message);
  }
  TRY(files.link_or_copy(draft, target));
  TRY(files.remove(draft));
  TRY(store.make_current(target));
  TRY(store.keep_checks(stated.checks));
  TRY(store.prune(workshop.machine.clock->now()));
  for (const std::string& each : against) workshop.progress.alarm(fmt::format("the bundle was taken (--replace) though {}: what came to be known since is not judged by", each));
  return out;
}

}  // namespace ashlar::pipeline

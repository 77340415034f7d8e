#include "pipeline/inner/feed_fetch.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "deb/access.h"
#include "host/tree.h"

namespace ashlar::pipeline {
namespace {

constexpr std::uint64_t max_document = std::uint64_t{512} << 20;

bool is_url(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://") || text.starts_with("file://"); }

std::string header(const host::HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

/// The last part of an address without its query: what names the document.
std::string name_of(const std::string& url) {
  std::string path = url.substr(0, url.find_first_of("?#"));
  while (path.ends_with('/')) path.pop_back();
  std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() || name.starts_with('.') ? "document" : name;
}

/// One address into one file. What was cut off before lies in `<to>.part`, with what it was cut from in `<to>.part.json`.
class Download {
 public:
  Download(Workshop& workshop, std::string url, host::Path to) : workshop_(workshop), files_(*workshop.machine.files), url_(std::move(url)), to_(std::move(to)), part_(to_.string() + ".part") {}

  /// False: it is what `note` says that it was.
  Result<bool> run(Json& note) {
    const std::string shown = deb::public_url(url_);
    host::HttpRequest request;
    request.url = url_;
    request.limit = max_document;
    if (const auto etag = note.find("etag"); etag != note.end()) request.headers["if-none-match"] = etag->get<std::string>();
    if (const auto modified = note.find("last-modified"); modified != note.end()) request.headers["if-modified-since"] = modified->get<std::string>();
    Bytes had = begun();
    if (!had.empty()) {
      request.resume_from = had.size();
      request.headers["if-range"] = validator_;
    }
    MemorySink sink;
    const auto answer = workshop_.machine.http->send(request, sink, [&](const host::HttpResponse& response) -> Done {
      if (response.status == 206) sink.bytes = std::move(had);
      validator_ = header(response, "etag").empty() ? header(response, "last-modified") : header(response, "etag");
      return {};
    });
    if (!answer) {
      keep(sink.bytes);
      return cannot(fmt::format("fetch '{}'", shown), answer.error());
    }
    const bool conditional = request.headers.contains("if-none-match") || request.headers.contains("if-modified-since");
    if (answer->status == 304 && conditional) return false;
    if (answer->status == 304)
      return cannot(Kind::Unavailable, fmt::format("fetch '{}'", shown), "the server answers 304 (not modified), and was not asked whether anything was: it is misconfigured, or a proxy before it answers for it");
    if (answer->status != 200 && answer->status != 206) return cannot(Kind::Unavailable, fmt::format("fetch '{}'", shown), fmt::format("the server answers {}", answer->status));
    note = Json::object();
    if (const std::string etag = header(*answer, "etag"); !etag.empty()) note["etag"] = etag;
    if (const std::string modified = header(*answer, "last-modified"); !modified.empty()) note["last-modified"] = modified;
    TRY(files_.write(to_, as_text(sink.bytes), host::Durability::Cache));
    TRY(files_.remove(part_));
    TRY(files_.remove(part_.string() + ".json"));
    return true;
  }

 private:
  /// What is there already of a download that was cut off.
  Bytes begun() {
    const auto note = files_.read(part_.string() + ".json");
    const auto text = files_.read(part_);
    if (!note || !text) return {};
    const auto json = parse_json(*note, "part");
    if (!json || get_string_or_empty(*json, "url").value_or("") != deb::public_url(url_)) return {};
    validator_ = get_string_or_empty(*json, "validator").value_or("");
    if (validator_.empty()) return {};
    const BytesView bytes = as_bytes(*text);
    return {bytes.begin(), bytes.end()};
  }
  /// Without a validator nothing can tell whether the rest will fit.
  void keep(const Bytes& bytes) {
    if (bytes.empty() || validator_.empty()) return;
    if (files_.write(part_, as_text(bytes), host::Durability::Cache)) (void)files_.write(part_.string() + ".json", to_compact(Json{{"url", deb::public_url(url_)}, {"validator", validator_}}), host::Durability::Cache);
  }

  Workshop& workshop_;
  host::Files& files_;
  std::string url_, validator_;
  host::Path to_, part_;
};

Result<Fetched> fetch_urls(Workshop& workshop, const std::vector<std::string>& urls, const Json& before, const host::Path& folder) {
  TRY(workshop.machine.files->make_folders(folder));
  Fetched out{.path = urls.size() == 1 ? folder / name_of(urls[0]) : folder, .notes = Json::object(), .changed = false, .temporary = {folder}};
  for (size_t at = 0; at < urls.size(); ++at) {
    const std::string key = deb::public_url(urls[at]);
    out.source += (out.source.empty() ? "" : " ") + key;
    // Of several addresses each is fetched whole: what did not change is not kept here, and a feed is read as a whole.
    Json note = urls.size() == 1 && before.is_object() && before.contains(key) ? before[key] : Json::object();
    const std::string name = urls.size() == 1 ? name_of(urls[at]) : fmt::format("{:03}-{}", at, name_of(urls[at]));
    TRY_ASSIGN(const bool fresh, Download(workshop, urls[at], folder / name).run(note));
    out.changed = out.changed || fresh;
    out.notes[key] = std::move(note);
  }
  return out;
}

/// Of a folder when the newest of its files was.
Result<Time> last_written(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(const auto stat, files.stat(path));
  if (stat.type != host::NodeType::Directory) return stat.modified;
  TRY_ASSIGN(const auto entries, host::list_tree(path));
  Time newest;
  for (const TarEntry& entry : entries) {
    if (entry.type == FileType::Regular) newest = std::max(newest, Time{entry.mtime});
  }
  return newest;
}

}  // namespace

Result<Fetched> fetch_feed(Workshop& workshop, const advisory::FeedDescription& description, const std::string& source, const Json& before, const host::Path& folder, Source& input) {
  if (source.empty()) return fetch_urls(workshop, description.urls, before, folder);
  if (is_url(source)) return fetch_urls(workshop, {source}, before, folder);
  if (source != "-") {
    TRY_ASSIGN(const Time dated, last_written(*workshop.machine.files, source));
    return Fetched{.path = source, .source = host::Path(source).filename().string(), .dated = dated};
  }
  TRY(workshop.machine.files->make_folders(folder));
  TRY_ASSIGN(const Bytes bytes, read_all(input, max_document));
  TRY(workshop.machine.files->write(folder / "input", as_text(bytes), host::Durability::Cache));
  return Fetched{.path = folder / "input", .source = "standard input", .temporary = {folder}};
}

}  // namespace ashlar::pipeline

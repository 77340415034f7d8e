#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/old_hash.h"
#include "base/text.h"
#include "forge/inner/github.h"

namespace ashlar::forge {
namespace {

/// Git's name of a blob.
std::string blob_id(std::string_view bytes) {
  OldHasher hasher(OldHash::Sha1);
  hasher.update(as_bytes(fmt::format("blob {}", bytes.size())));
  hasher.update(as_bytes(std::string_view("\0", 1)));
  hasher.update(as_bytes(bytes));
  return hasher.finish();
}

struct Entry {
  std::string mode, type, sha;
};

class Proposal {
 public:
  Proposal(Api& api, const Forge& forge, const Message& message)
      : api_(api), forge_(forge), message_(message), project_(message.project.empty() ? api.target().settings.project : message.project), at_("/repos/" + project_), branch_(branch_of(message.key)), base_(message.base) {}

  Result<Ticket> run() {
    if (base_.empty()) {
      auto repository = api_.get(at_);
      if (!repository) return cannot("read repository", std::move(repository).error());
      base_ = text_of(repository->json, "default_branch");
    }
    TRY(read_base());
    TRY_ASSIGN(const std::string tree, make_tree());
    TRY_ASSIGN(const auto open, find_open());
    if (tree.empty()) return open ? *open : Ticket{{}, {}, {}, {}, false};  // it has come into the base meanwhile
    TRY(bring_branch(tree));
    return open ? change(*open) : create();
  }

 private:
  std::string what() const { return fmt::format("propose '{}' to '{}'", message_.key, project_); }

  Done read_base() {
    TRY_ASSIGN(const Answer ref, api_.get(fmt::format("{}/git/ref/heads/{}", at_, percent_encoded(base_, "/"))));
    commit_ = ref.json.is_object() && ref.json.contains("object") ? text_of(ref.json["object"], "sha") : std::string();
    TRY_ASSIGN(tree_, tree_of(commit_));
    return {};
  }

  Result<std::string> tree_of(const std::string& commit) {
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/git/commits/{}", at_, commit)));
    if (!answer.json.is_object() || !answer.json.contains("tree")) return cannot(Kind::Unavailable, what(), "a commit has no tree");
    parents_.clear();
    if (answer.json.contains("parents")) for (const Json& each : answer.json["parents"]) parents_.push_back(text_of(each, "sha"));
    text_ = text_of(answer.json, "message");
    return text_of(answer.json["tree"], "sha");
  }

  /// The entries of a folder by its tree, each tree asked for once.
  Result<const std::map<std::string, Entry>*> folder(const std::string& tree) {
    const auto [at, added] = folders_.try_emplace(tree);
    if (!added) return &at->second;
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/git/trees/{}", at_, tree)));
    if (answer.json.is_object() && answer.json.contains("tree")) {
      for (const Json& each : answer.json["tree"]) at->second[text_of(each, "path")] = {text_of(each, "mode"), text_of(each, "type"), text_of(each, "sha")};
    }
    return &at->second;
  }

  Result<Entry> entry_of(const std::string& path) {
    std::string tree = tree_;
    const auto parts = split(path, '/');
    for (size_t at = 0; at < parts.size(); ++at) {
      TRY_ASSIGN(const auto* entries, folder(tree));
      const auto found = entries->find(std::string(parts[at]));
      if (found == entries->end()) break;
      if (at + 1 == parts.size() && found->second.type == "blob") return found->second;
      if (found->second.type != "tree") break;
      tree = found->second.sha;
    }
    return cannot(Kind::Conflict, what(), fmt::format("the branch '{}' has no file '{}'", base_, path));
  }

  /// The tree with the files changed; empty when the base has them so.
  Result<std::string> make_tree() {
    Json entries = Json::array();
    for (const FileChange& each : message_.changes) {
      TRY_ASSIGN(const Entry entry, entry_of(each.path));
      if (entry.mode == "120000") return cannot(Kind::Conflict, what(), fmt::format("'{}' is a symbolic link", each.path));
      if (entry.sha == blob_id(each.after)) continue;
      if (entry.sha != blob_id(each.before)) return cannot(Kind::Conflict, what(), fmt::format("'{}' has changed on branch '{}' meanwhile", each.path, base_));
      TRY_ASSIGN(const Answer blob, api_.post(at_ + "/git/blobs", {{"content", to_base64(as_bytes(each.after))}, {"encoding", "base64"}}));
      entries.push_back({{"path", each.path}, {"mode", entry.mode}, {"type", "blob"}, {"sha", text_of(blob.json, "sha")}});
    }
    if (entries.empty()) return std::string();
    TRY_ASSIGN(const Answer made, api_.post(at_ + "/git/trees", {{"base_tree", tree_}, {"tree", std::move(entries)}}));
    return text_of(made.json, "sha");
  }

  /// The branch points to one commit on the base with this tree, ours.
  Done bring_branch(const std::string& tree) {
    const std::string base_commit = commit_;
    auto ref = api_.get(fmt::format("{}/git/ref/heads/{}", at_, percent_encoded(branch_, "/")));
    if (!ref && ref.error().kind != Kind::NotFound) return std::unexpected(std::move(ref).error());
    if (ref) {
      const std::string head = ref->json.is_object() && ref->json.contains("object") ? text_of(ref->json["object"], "sha") : std::string();
      TRY_ASSIGN(const std::string has, tree_of(head));
      if (head != base_commit && text_.find(commit_line(message_)) == std::string::npos) return cannot(Kind::Conflict, what(), fmt::format("somebody else has worked on branch '{}'", branch_));
      if (has == tree && parents_ == std::vector{base_commit}) return {};
    }
    TRY_ASSIGN(const Answer made, api_.post(at_ + "/git/commits", {{"message", fmt::format("{}\n\n{}\n", forge_.title_of(message_), commit_line(message_))}, {"tree", tree}, {"parents", {base_commit}}}));
    const std::string sha = text_of(made.json, "sha");
    if (ref) {
      TRY(api_.patch(fmt::format("{}/git/refs/heads/{}", at_, percent_encoded(branch_, "/")), {{"sha", sha}, {"force", true}}));
    } else {
      TRY(api_.post(at_ + "/git/refs", {{"ref", "refs/heads/" + branch_}, {"sha", sha}}));
    }
    return {};
  }

  Result<std::optional<Ticket>> find_open() {
    std::optional<Ticket> out;
    const std::string owner = project_.substr(0, project_.find('/'));
    TRY(api_.each(fmt::format("{}/pulls?state=open&head={}&base={}&per_page=100", at_, percent_encoded(owner + ":" + branch_), percent_encoded(base_)), [&](const Json& each) {
      const bool ours = each.contains("head") && text_of(each["head"], "ref") == branch_;
      if (ours) out = Ticket{text_of(each, "number"), text_of(each, "html_url"), text_of(each, "title"), text_of(each, "body"), true};
      return !ours;
    }));
    return out;
  }

  Result<Ticket> change(const Ticket& open) {
    const std::string body = forge_.body_of(message_, mark_of(message_.key));
    if (!same_text(open.title, forge_.title_of(message_)) || !same_text(open.body, body)) {
      TRY(api_.patch(fmt::format("{}/pulls/{}", at_, open.number), {{"title", forge_.title_of(message_)}, {"body", body}}));
    }
    return open;
  }

  Result<Ticket> create() {
    TRY_ASSIGN(const Answer made, api_.post(at_ + "/pulls", {{"title", forge_.title_of(message_)}, {"head", branch_}, {"base", base_}, {"body", forge_.body_of(message_, mark_of(message_.key))}}));
    const Ticket out{text_of(made.json, "number"), text_of(made.json, "html_url"), {}, {}, true};
    // A pull request has the labels of an issue; where the token may not set them, the request stands all the same.
    if (auto done = api_.post(fmt::format("{}/issues/{}/labels", at_, out.number), {{"labels", forge_.labels_of(message_)}}); !done && done.error().kind == Kind::Unavailable) return std::unexpected(std::move(done).error());
    return out;
  }

  Api& api_;
  const Forge& forge_;
  const Message& message_;
  std::string project_, at_, branch_, base_;
  std::string commit_, tree_;                      ///< of the base
  std::vector<std::string> parents_;               ///< of the commit that tree_of() read last
  std::string text_;                               ///< its message
  std::map<std::string, std::map<std::string, Entry>> folders_;  ///< by tree
};

}  // namespace

Result<Ticket> propose_at_github(Api& api, const Forge& forge, const Message& message) { return Proposal(api, forge, message).run(); }

}  // namespace ashlar::forge

// GitLab's REST API, version 4: issues, notes, commits, merge requests.
#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "forge/inner/forge.h"

namespace ashlar::forge {
namespace {

Ticket ticket_of(const Json& json) { return {text_of(json, "iid"), text_of(json, "web_url"), text_of(json, "title"), text_of(json, "description"), text_of(json, "state") != "closed"}; }

/// What must be there is not: the project is another, or the token does not see it.
template <class T>
Result<T> demanded(Result<T> result) {
  if (!result && result.error().kind == Kind::NotFound) result.error().kind = Kind::Denied;
  return result;
}

class GitLab final : public Forge {
 public:
  explicit GitLab(Api& api) : Forge(api, 255, 900'000), project_(at(api.target().settings.project)) {}

  Result<Ticket> read(const std::string& number) override {
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/issues/{}", project_, number)));
    return ticket_of(answer.json);
  }

  Done change(const std::string& number, const Message& message) override {
    TRY(api_.put(fmt::format("{}/issues/{}", project_, number), {{"title", title_of(message)}, {"description", body_of(message, mark_of(message.key))}, {"add_labels", joined_labels(message)}}));
    return {};
  }

  Done set_open(const std::string& number, bool open) override {
    TRY(api_.put(fmt::format("{}/issues/{}", project_, number), {{"state_event", open ? "reopen" : "close"}}));
    return {};
  }

  Result<bool> has_comment(const std::string& number, const std::string& mark) override {
    bool found = false;
    TRY(api_.each(fmt::format("{}/issues/{}/notes?per_page=100", project_, number), [&](const Json& each) {
      found = found || text_of(each, "body").find(mark) != std::string::npos;
      return !found;
    }));
    return found;
  }

  Done comment(const std::string& number, const std::string& text) override {
    TRY(api_.post(fmt::format("{}/issues/{}/notes", project_, number), {{"body", text}}));
    return {};
  }

  Result<Ticket> propose(const Message& message) override {
    const std::string project = message.project.empty() ? project_ : at(message.project), branch = branch_of(message.key);
    TRY_ASSIGN(const std::string base, branch_to_change(project, message));
    TRY_ASSIGN(const auto open, find_open(project, branch, base));
    TRY_ASSIGN(const Json actions, actions_of(project, base, message));
    if (actions.empty()) return open ? *open : Ticket{{}, {}, {}, {}, false};  // it has come into the base meanwhile
    TRY(bring_branch(project, base, branch, actions, message));
    const std::string title = title_of(message), body = body_of(message, mark_of(message.key));
    if (!open) {
      TRY_ASSIGN(const Answer made, api_.post(project + "/merge_requests", {{"source_branch", branch}, {"target_branch", base}, {"title", title}, {"description", body}, {"labels", joined_labels(message)}, {"remove_source_branch", true}}));
      return ticket_of(made.json);
    }
    if (!same_text(open->title, title) || !same_text(open->body, body)) {
      TRY(api_.put(fmt::format("{}/merge_requests/{}", project, open->number), {{"title", title}, {"description", body}}));
    }
    return *open;
  }

  Done build(const Message& message) override {
    const std::string project = message.project.empty() ? project_ : at(message.project);
    TRY_ASSIGN(const std::string branch, branch_to_change(project, message));
    TRY_ASSIGN(const Json data, parse_json(message.data, "data"));
    Json variables = Json::array({{{"key", "ASHLAR_KEY"}, {"value", message.key}}});
    for (const auto& [name, value] : data.items()) {
      std::string variable = "ASHLAR_" + name;
      std::ranges::transform(variable, variable.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      variables.push_back({{"key", variable}, {"value", value}});
    }
    TRY(api_.post(project + "/pipeline", {{"ref", branch}, {"variables", std::move(variables)}}));
    return {};
  }

  Result<std::string> file(const std::string& project, const std::string& branch, const std::string& path) override {
    TRY_ASSIGN(auto found, file_at(project.empty() ? project_ : at(project), path, branch.empty() ? "HEAD" : branch));
    return std::move(found.bytes);
  }

 protected:
  Result<Ticket> make(const Message& message) override {
    TRY_ASSIGN(const Answer answer, demanded(api_.post(project_ + "/issues", {{"title", title_of(message)}, {"description", body_of(message, mark_of(message.key))}, {"labels", joined_labels(message)}})));
    return ticket_of(answer.json);
  }

  Done list(std::optional<Time> since, const std::function<bool(Ticket)>& look) override {
    const std::string by = since ? fmt::format("updated_after={}", percent_encoded(since->str())) : fmt::format("labels={}", percent_encoded(api_.target().settings.labels.front()));
    return demanded(api_.each(fmt::format("{}/issues?scope=all&{}&per_page=100", project_, by), [&](const Json& each) { return look(ticket_of(each)); }));
  }

 private:
  static std::string at(const std::string& project) { return "/projects/" + percent_encoded(project); }
  std::string joined_labels(const Message& message) const { return join(labels_of(message), ","); }
  static std::unexpected<Error> conflict(const Message& message, std::string_view cause) { return cannot(Kind::Conflict, fmt::format("propose '{}'", message.key), cause); }

  /// The message's branch, or the default one.
  Result<std::string> branch_to_change(const std::string& project, const Message& message) {
    if (!message.base.empty()) return message.base;
    TRY_ASSIGN(const Answer answer, api_.get(project));
    return text_of(answer.json, "default_branch");
  }

  Result<std::optional<Ticket>> find_open(const std::string& project, const std::string& branch, const std::string& base) {
    std::optional<Ticket> out;
    TRY(api_.each(fmt::format("{}/merge_requests?state=opened&source_branch={}&target_branch={}&per_page=100", project, percent_encoded(branch), percent_encoded(base)), [&](const Json& each) {
      if (text_of(each, "source_branch") == branch) out = ticket_of(each);
      return !out;
    }));
    return out;
  }

  struct File {
    std::string bytes, last_commit;
  };
  Result<File> file_at(const std::string& project, const std::string& path, const std::string& ref) {
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/repository/files/{}?ref={}", project, percent_encoded(path), percent_encoded(ref))));
    const auto bytes = from_base64(text_of(answer.json, "content"));
    if (!bytes) return cannot(Kind::Unavailable, fmt::format("read file '{}'", path), "its content is no base64");
    return File{std::string(as_text(*bytes)), text_of(answer.json, "last_commit_id")};
  }

  /// What the commit does to the base; nothing when the base has the files so.
  Result<Json> actions_of(const std::string& project, const std::string& base, const Message& message) {
    Json out = Json::array();
    for (const FileChange& each : message.changes) {
      const auto file = file_at(project, each.path, base);
      if (!file && file.error().kind == Kind::NotFound) return conflict(message, fmt::format("the branch '{}' has no file '{}'", base, each.path));
      if (!file) return std::unexpected(file.error());
      if (file->bytes == each.after) continue;
      if (file->bytes != each.before) return conflict(message, fmt::format("'{}' has changed on branch '{}' meanwhile", each.path, base));
      out.push_back({{"action", "update"}, {"file_path", each.path}, {"content", to_base64(as_bytes(each.after))}, {"encoding", "base64"}, {"last_commit_id", file->last_commit}});
    }
    return out;
  }

  /// The branch is one commit of ours ahead of the base.
  Done bring_branch(const std::string& project, const std::string& base, const std::string& branch, const Json& actions, const Message& message) {
    auto there = api_.get(fmt::format("{}/repository/branches/{}", project, percent_encoded(branch)));
    if (!there && there.error().kind != Kind::NotFound) return std::unexpected(std::move(there).error());
    TRY_ASSIGN(const Answer tip, api_.get(fmt::format("{}/repository/branches/{}", project, percent_encoded(base))));
    const std::string tip_id = tip.json.is_object() && tip.json.contains("commit") ? text_of(tip.json["commit"], "id") : std::string();
    if (there) {
      const Json commit = there->json.is_object() && there->json.contains("commit") ? there->json["commit"] : Json::object();
      if (text_of(commit, "id") != tip_id && text_of(commit, "message").find(commit_line(message)) == std::string::npos) return conflict(message, fmt::format("somebody else has worked on branch '{}'", branch));
      bool stands = commit.contains("parent_ids") && commit["parent_ids"] == Json::array({tip_id});
      for (const FileChange& each : message.changes) {
        if (!stands) break;
        const auto file = file_at(project, each.path, branch);
        stands = file && file->bytes == each.after;
      }
      if (stands) return {};
    }
    TRY(api_.post(project + "/repository/commits", {{"branch", branch}, {"start_branch", base}, {"force", true}, {"commit_message", fmt::format("{}\n\n{}\n", title_of(message), commit_line(message))}, {"actions", actions}}));
    return {};
  }

  std::string project_;
};

}  // namespace

std::unique_ptr<Forge> gitlab(Api& api) { return std::make_unique<GitLab>(api); }

}  // namespace ashlar::forge

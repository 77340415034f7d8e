// GitHub's REST API, version 2022-11-28: issues, comments, labels.
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "forge/inner/github.h"

namespace ashlar::forge {
namespace {

Ticket ticket_of(const Json& json) { return {text_of(json, "number"), text_of(json, "html_url"), text_of(json, "title"), text_of(json, "body"), text_of(json, "state") != "closed"}; }

class GitHub final : public Forge {
 public:
  explicit GitHub(Api& api) : Forge(api, 255, 60'000), project_("/repos/" + api.target().settings.project) {}

  Result<Ticket> read(const std::string& number) override {
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/issues/{}", project_, number)));
    return ticket_of(answer.json);
  }

  Done change(const std::string& number, const Message& message) override {
    TRY(api_.patch(fmt::format("{}/issues/{}", project_, number), {{"title", title_of(message)}, {"body", body_of(message, mark_of(message.key))}}));
    TRY(api_.post(fmt::format("{}/issues/{}/labels", project_, number), {{"labels", labels_of(message)}}));
    return {};
  }

  Done set_open(const std::string& number, bool open) override {
    Json body = {{"state", open ? "open" : "closed"}, {"state_reason", open ? "reopened" : "completed"}};
    TRY(api_.patch(fmt::format("{}/issues/{}", project_, number), body));
    return {};
  }

  Result<bool> has_comment(const std::string& number, const std::string& mark) override {
    bool found = false;
    TRY(api_.each(fmt::format("{}/issues/{}/comments?per_page=100", project_, number), [&](const Json& each) {
      found = found || text_of(each, "body").find(mark) != std::string::npos;
      return !found;
    }));
    return found;
  }

  Done comment(const std::string& number, const std::string& text) override {
    TRY(api_.post(fmt::format("{}/issues/{}/comments", project_, number), {{"body", text}}));
    return {};
  }

  Result<Ticket> propose(const Message& message) override { return propose_at_github(api_, *this, message); }

  Done build(const Message& message) override {
    TRY_ASSIGN(Json payload, parse_json(message.data, "data"));
    payload["key"] = message.key;
    TRY(api_.post((message.project.empty() ? project_ : "/repos/" + message.project) + "/dispatches", {{"event_type", "ashlar-build"}, {"client_payload", std::move(payload)}}));
    return {};
  }

  Result<std::string> file(const std::string& project, const std::string& branch, const std::string& path) override {
    const std::string at = project.empty() ? project_ : "/repos/" + project;
    TRY_ASSIGN(const Answer answer, api_.get(fmt::format("{}/contents/{}{}", at, percent_encoded(path, "/"), branch.empty() ? "" : "?ref=" + percent_encoded(branch))));
    // A folder is a list; a file of more than a megabyte has no content here.
    const auto refuse = [&](std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read file '{}'", path), cause); };
    if (!answer.json.is_object() || text_of(answer.json, "type") != "file") return refuse("it is no file");
    if (text_of(answer.json, "encoding") != "base64") return refuse("it is too large");
    std::string text = text_of(answer.json, "content");
    std::erase(text, '\n');
    const auto bytes = from_base64(text);
    if (!bytes) return cannot(Kind::Unavailable, fmt::format("read file '{}'", path), "its content is no base64");
    return std::string(as_text(*bytes));
  }

 protected:
  Result<Ticket> make(const Message& message) override {
    auto answer = api_.post(project_ + "/issues", {{"title", title_of(message)}, {"body", body_of(message, mark_of(message.key))}, {"labels", labels_of(message)}});
    if (answer) return ticket_of(answer->json);
    // 404: the project is not there, or the token does not see it; 410: it keeps no issues.
    if (answer.error().kind == Kind::NotFound) answer.error().kind = Kind::Denied;
    return std::unexpected(std::move(answer).error());
  }

  Done list(std::optional<Time> since, const std::function<bool(Ticket)>& look) override {
    const std::string by = since ? fmt::format("since={}", percent_encoded(since->str())) : fmt::format("labels={}", percent_encoded(api_.target().settings.labels.front()));
    auto done = api_.each(fmt::format("{}/issues?state=all&{}&per_page=100", project_, by), [&](const Json& each) { return each.contains("pull_request") || look(ticket_of(each)); });
    if (!done && done.error().kind == Kind::NotFound) done.error().kind = Kind::Denied;
    return done;
  }

 private:
  std::string project_;
};

}  // namespace

std::unique_ptr<Forge> github(Api& api) { return std::make_unique<GitHub>(api); }

}  // namespace ashlar::forge

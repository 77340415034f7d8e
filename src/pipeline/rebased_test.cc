#include "pipeline/inner/rebased.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace ashlar::pipeline {
namespace {

struct Three {
  Json old_base, image, new_base;
};

Json base() {
  return Json::parse(R"({"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
    "config": {"User": "65532", "Env": ["LANG=C.UTF-8", "PATH=/usr/bin:/bin"], "Entrypoint": ["/usr/bin/python3"], "WorkingDir": "/", "Labels": {"base": "1", "shared": "x"}, "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGTERM"},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:aa"]}, "history": [{"created_by": "base 1"}, {"created_by": "ENV", "empty_layer": true}]})");
}

Three three() {
  Three out{base(), base(), base()};
  out.image["created"] = "2026-02-01T00:00:00Z";
  out.image["author"] = "team";
  out.image["rootfs"]["diff_ids"].push_back("sha256:bb");
  out.image["history"].push_back({{"created_by", "COPY app"}});
  out.new_base["rootfs"]["diff_ids"] = {"sha256:cc", "sha256:dd"};
  out.new_base["history"] = Json::array({{{"created_by", "base 2"}}, {{"created_by", "base 2b"}}});
  return out;
}

Json merged(const Three& of, std::vector<std::string>* kept = nullptr) {
  std::vector<std::string> notes;
  const auto text = rebased_config(of.old_base.dump(), of.image.dump(), of.new_base.dump(), 1, kept == nullptr ? notes : *kept);
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text ? Json::parse(*text) : Json();
}

struct Row {
  const char* summary;
  std::function<void(Three&)> change;
  const char* at;        ///< JSON pointer
  const char* expected;  ///< JSON, or empty: it is not there
};

TEST(RebasedConfig, what_came_from_the_base_follows_it_and_the_rest_stays) {
  const Row rows[] = {
      {"layers are the new base's and the application's", [](Three&) {}, "/rootfs/diff_ids", R"(["sha256:cc","sha256:dd","sha256:bb"])"},
      {"and so is the history", [](Three&) {}, "/history", R"([{"created_by":"base 2"},{"created_by":"base 2b"},{"created_by":"COPY app"}])"},
      {"a history that differs in words", [](Three& it) { it.image["history"][0]["created_by"] = "copied 1"; }, "/history", R"([{"created_by":"base 2"},{"created_by":"base 2b"},{"created_by":"ENV","empty_layer":true},{"created_by":"COPY app"}])"},
      {"no history in one of them", [](Three& it) { it.image.erase("history"); }, "/history", ""},
      {"an inherited user", [](Three& it) { it.new_base["config"]["User"] = "1000"; }, "/config/User", R"("1000")"},
      {"a user of its own", [](Three& it) { it.image["config"]["User"] = "7", it.new_base["config"]["User"] = "1000"; }, "/config/User", R"("7")"},
      {"an inherited entrypoint", [](Three& it) { it.new_base["config"]["Entrypoint"] = {"/usr/bin/python3.14"}; }, "/config/Entrypoint", R"(["/usr/bin/python3.14"])"},
      {"an entrypoint that it took away", [](Three& it) { it.image["config"].erase("Entrypoint"); }, "/config/Entrypoint", ""},
      {"a command of its own", [](Three& it) { it.image["config"]["Cmd"] = {"/app"}; }, "/config/Cmd", R"(["/app"])"},
      {"an inherited variable", [](Three& it) { it.new_base["config"]["Env"][0] = "LANG=en"; }, "/config/Env", R"(["LANG=en","PATH=/usr/bin:/bin"])"},
      {"a variable that the new base lacks", [](Three& it) { it.new_base["config"]["Env"].erase(0); }, "/config/Env", R"(["PATH=/usr/bin:/bin"])"},
      {"a variable of its own", [](Three& it) { it.image["config"]["Env"].push_back("A=1"); }, "/config/Env", R"(["LANG=C.UTF-8","PATH=/usr/bin:/bin","A=1"])"},
      {"PATH with a folder of its own", [](Three& it) { it.image["config"]["Env"][1] = "PATH=/app/bin:/usr/bin:/bin", it.new_base["config"]["Env"][1] = "PATH=/usr/local/bin:/usr/bin"; }, "/config/Env", R"(["LANG=C.UTF-8","PATH=/app/bin:/usr/local/bin:/usr/bin"])"},
      {"labels each by itself", [](Three& it) { it.image["config"]["Labels"]["mine"] = "1", it.image["config"]["Labels"]["shared"] = "y", it.new_base["config"]["Labels"]["base"] = "2"; }, "/config/Labels", R"({"base":"2","shared":"y","mine":"1"})"},
      {"ports each by itself", [](Three& it) { it.image["config"]["ExposedPorts"]["8080/tcp"] = Json::object(), it.new_base["config"]["ExposedPorts"] = Json::object(); }, "/config/ExposedPorts", R"({"8080/tcp":{}})"},
      {"what nobody here knows", [](Three& it) { it.image["config"]["OnBuild"] = {"RUN x"}; }, "/config/OnBuild", R"(["RUN x"])"},
      {"its author", [](Three&) {}, "/author", R"("team")"},
      {"the later moment is its own", [](Three&) {}, "/created", R"("2026-02-01T00:00:00Z")"},
      {"the later moment is the base's", [](Three& it) { it.new_base["created"] = "2026-03-01T00:00:00Z"; }, "/created", R"("2026-03-01T00:00:00Z")"},
  };
  for (const Row& row : rows) {
    Three of = three();
    row.change(of);
    const Json out = merged(of);
    const Json::json_pointer at(row.at);
    if (*row.expected == '\0') EXPECT_FALSE(out.contains(at)) << row.summary << ": " << out.dump();
    else if (!out.contains(at)) ADD_FAILURE() << row.summary << ": " << out.dump();
    else EXPECT_EQ(out.at(at).dump(), row.expected) << row.summary;
  }
}

TEST(RebasedConfig, what_both_changed_stays_and_is_told) {
  Three of = three();
  of.image["config"]["User"] = "7", of.new_base["config"]["User"] = "1000";
  std::vector<std::string> kept;
  merged(of, &kept);
  EXPECT_EQ(kept, (std::vector<std::string>{"setting User stays as the application sets it, and the new base has another, too"}));
  kept.clear();
  merged(three(), &kept);
  EXPECT_EQ(kept, std::vector<std::string>{});
}

TEST(RebasedConfig, onto_its_own_base_it_stays_what_it_is) {
  Three of = three();
  of.new_base = of.old_base;
  Json expected = of.image;
  const Json out = merged(of);
  EXPECT_EQ(out["config"]["Env"], expected["config"]["Env"]);
  EXPECT_EQ(out["rootfs"], expected["rootfs"]);
  EXPECT_EQ(out["history"], expected["history"]);
  EXPECT_EQ(merged(of).dump(), out.dump()) << "the same again";
}

TEST(RebasedConfig, what_is_no_configuration_is_refused) {
  std::vector<std::string> kept;
  const std::string good = base().dump();
  for (const char* text : {"", "[]", "1", "{"}) {
    EXPECT_FALSE(rebased_config(text, good, good, 1, kept)) << text;
    EXPECT_FALSE(rebased_config(good, text, good, 1, kept)) << text;
    EXPECT_FALSE(rebased_config(good, good, text, 1, kept)) << text;
  }
  EXPECT_TRUE(rebased_config("{}", R"({"config": 7, "history": 7, "rootfs": []})", "{}", 1, kept)) << "odd members are none";
}

}  // namespace
}  // namespace ashlar::pipeline

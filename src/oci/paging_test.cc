// Lists in pages, from a registry on loopback: all of a good one, and of a bad one an error in the end.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "host/loopback.h"
#include "oci/image.h"
#include "oci/registry.h"

namespace ashlar::oci {
namespace {

using host::LoopbackAnswer;
using host::LoopbackRequest;
using host::LoopbackServer;

const Digest subject = Digest::of("subject");

/// The page of an address: what comes behind `page=`; 0 for the first.
size_t page_of(const LoopbackRequest& request) {
  const size_t at = request.path.find("page=");
  return at == std::string::npos ? 0 : std::stoul(request.path.substr(at + 5));
}

/// One of the two lists, as registries write a page of it.
struct List {
  const char *name, *path;
  std::function<std::string(size_t from, size_t count)> page;
  std::function<Result<size_t>(Registry&)> count;  ///< of what is listed; an error where some of it stands twice
  std::string other_page(size_t number) const { return fmt::format("<{}?page={}>; rel=\"next\"", path, number); }
};

std::string tags_page(size_t from, size_t count) {
  std::string out = R"({"name": "a", "tags": [)";
  for (size_t at = from; at < from + count; ++at) out += fmt::format("{}\"v{}\"", at == from ? "" : ",", at);
  return out + "]}";
}
std::string referrers_page(size_t from, size_t count) {
  Json list = Json::array();
  for (size_t at = from; at < from + count; ++at) list.push_back({{"mediaType", media::manifest}, {"digest", Digest::of(std::to_string(at)).str()}, {"size", 7}, {"artifactType", "application/x"}});
  return Json{{"schemaVersion", 2}, {"mediaType", media::index}, {"manifests", list}}.dump();
}

const List& tags() {
  static const List list{"tags", "/v2/a/tags/list", tags_page, [](Registry& registry) -> Result<size_t> {
                           TRY_ASSIGN(auto all, registry.tags());
                           for (size_t at = 0; at < all.size(); ++at) {
                             if (all[at] != fmt::format("v{}", at)) return fail(Kind::Corrupt, "out of order: " + all[at]);
                           }
                           return all.size();
                         }};
  return list;
}
const List& referrers() {
  static const std::string path = "/v2/a/referrers/" + subject.str();
  static const List list{"referrers", path.c_str(), referrers_page, [](Registry& registry) -> Result<size_t> {
                           TRY_ASSIGN(auto all, registry.referrers(subject));
                           for (size_t at = 0; at < all.size(); ++at) {
                             if (all[at].digest != Digest::of(std::to_string(at))) return fail(Kind::Corrupt, "out of order");
                           }
                           return all.size();
                         }};
  return list;
}

class PagingTest : public ::testing::TestWithParam<const List*> {
 protected:
  Result<size_t> count() {
    const auto registry = Registry::open(machine, ImageRef::parse(fmt::format("docker://{}/a", server->url().substr(7))).value(), {2, 1});
    if (!registry) return std::unexpected(registry.error());
    return list.count(**registry);
  }
  void answer_by(std::function<LoopbackAnswer(const LoopbackRequest&)> answer) { server = LoopbackServer::start(std::move(answer)).value(); }

  const List& list = *GetParam();
  host::Machine machine = host::real_machine();
  std::unique_ptr<LoopbackServer> server;
};

TEST_P(PagingTest, every_page_is_asked_for_once_and_nothing_is_lost) {
  struct Row { const char* summary; size_t all, page; bool whole_address, repeats; };
  const Row rows[] = {
      {"one page", 7, 10, false, false}, {"a full page and no more", 10, 10, false, false}, {"one more", 11, 10, false, false}, {"one on a page", 25, 1, false, false},
      {"by whole addresses", 25, 4, true, false}, {"something new came between, and what there was moved on", 25, 4, false, true}, {"nothing", 0, 5, false, false},
  };
  for (const Row& row : rows) {
    answer_by([&](const LoopbackRequest& request) -> LoopbackAnswer {
      const size_t page = page_of(request), from = page * row.page, again = row.repeats && page > 0 ? 1 : 0, end = std::min(row.all, from + row.page);
      LoopbackAnswer out{.headers = {{"Content-Type", list.name == std::string_view("tags") ? "application/json" : std::string(media::index)}}, .body = list.page(from - again, end - from + again)};
      if (end < row.all) out.headers["Link"] = row.whole_address ? fmt::format("<http://{}{}?page={}>; rel=\"next\"", request.headers.at("host"), list.path, page + 1) : list.other_page(page + 1);
      return out;
    });
    const auto found = count();
    ASSERT_TRUE(found) << row.summary << ": " << found.error().message;
    EXPECT_EQ(*found, row.all) << row.summary;
    std::set<std::string> asked;
    for (const LoopbackRequest& each : server->requests()) EXPECT_TRUE(asked.insert(each.path).second) << row.summary << ": twice " << each.path;
    EXPECT_EQ(asked.size(), std::max<size_t>(1, (row.all + row.page - 1) / row.page)) << row.summary;
  }
}

TEST_P(PagingTest, a_list_that_does_not_end_or_leads_away_is_an_error) {
  const auto elsewhere = LoopbackServer::start([](const LoopbackRequest&) -> LoopbackAnswer { return {}; }).value();
  const auto first = [&](std::string link, std::string body) { return LoopbackAnswer{.headers = {{"Link", std::move(link)}}, .body = std::move(body)}; };
  struct Row {
    const char* summary;
    std::function<LoopbackAnswer(size_t page)> answer;
    std::string says;
    Kind kind;
    size_t most;  ///< requests that it may cost
  };
  const Row rows[] = {
      {"a page that leads to itself", [&](size_t) { return first(list.other_page(1), list.page(0, 3)); }, "its pages do not end: one leads to a page that was there", Kind::Corrupt, 2},
      {"a ring of three", [&](size_t page) { return first(list.other_page((page + 1) % 3 + 1), list.page(page * 3, 3)); }, "its pages do not end: one leads to a page that was there", Kind::Corrupt, 5},
      {"always another page of the same", [&](size_t page) { return first(list.other_page(page + 1), list.page(0, 3)); }, "its pages do not end: 100 of them brought nothing new", Kind::Corrupt, 101},
      {"always another empty page", [&](size_t page) { return first(list.other_page(page + 1), list.page(0, 0)); }, "its pages do not end: 100 of them brought nothing new", Kind::Corrupt, 100},
      {"always something new", [&](size_t page) { return first(list.other_page(page + 1), list.page(page * 60'000, 60'000)); }, list.name == std::string_view("tags") ? "it is more than 1000000 tags" : "it is more than 10000 referrers", Kind::Corrupt, 17},
      {"pages of nothing but space", [&](size_t page) { return first(list.other_page(page + 1), list.page(page, 1) + std::string(15 << 20, ' ')); }, "its pages have more than 256 MiB", Kind::Corrupt, 18},
      {"a page that is too large", [&](size_t page) { return first(list.other_page(page + 1), list.page(page, 1) + std::string(17 << 20, ' ')); }, "", Kind::Corrupt, 1},
      {"another host", [&](size_t) { return first(fmt::format("<{}{}?page=1>; rel=\"next\"", elsewhere->url(), list.path), list.page(0, 3)); }, fmt::format("the next page would lie at '{}{}?page=1'", elsewhere->url(), list.path).substr(0, 60), Kind::Corrupt, 1},
      {"another host without a scheme", [&](size_t) { return first(fmt::format("<//{}{}?page=1>; rel=\"next\"", elsewhere->url().substr(7), list.path), list.page(0, 3)); }, "which is not of this registry", Kind::Corrupt, 1},
      {"a name before the host", [&](size_t) { return first(fmt::format("<http://{}@{}/>; rel=\"next\"", server->url().substr(7), elsewhere->url().substr(7)), list.page(0, 3)); }, "which is not of this registry", Kind::Corrupt, 1},
      {"no address of HTTP", [&](size_t) { return first("<file:///etc/passwd>; rel=\"next\"", list.page(0, 3)); }, "leads to no address of HTTP", Kind::Invalid, 1},
      {"the second page is not there", [&](size_t page) { return page == 0 ? first(list.other_page(1), list.page(0, 3)) : LoopbackAnswer{.status = 404}; }, "the registry answers 404", Kind::NotFound, 2},
      {"the second page fails", [&](size_t page) { return page == 0 ? first(list.other_page(1), list.page(0, 3)) : LoopbackAnswer{.status = 500}; }, "the registry answers 500", Kind::Unavailable, 3},
      {"the second page is another document", [&](size_t page) { return page == 0 ? first(list.other_page(1), list.page(0, 3)) : LoopbackAnswer{.body = "<html>"}; }, "", Kind::Corrupt, 2},
  };
  for (const Row& row : rows) {
    answer_by([&](const LoopbackRequest& request) { return row.answer(page_of(request)); });
    const auto found = count();
    ASSERT_FALSE(found) << row.summary;
    EXPECT_EQ(found.error().kind, row.kind) << row.summary << ": " << found.error().message;
    EXPECT_NE(found.error().message.find(row.says), std::string::npos) << row.summary << ": " << found.error().message;
    EXPECT_LE(server->requests().size(), row.most) << row.summary;
  }
  EXPECT_EQ(elsewhere->requests().size(), 0U) << "nobody else is asked";
}

INSTANTIATE_TEST_SUITE_P(Lists, PagingTest, ::testing::Values(&tags(), &referrers()), [](const auto& each) { return std::string(each.param->name); });

}  // namespace
}  // namespace ashlar::oci

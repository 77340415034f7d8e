#include "oci/inner/pages.h"

#include <fmt/format.h>

#include "base/text.h"
#include "oci/inner/challenge.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_pages = 10'000, max_idle = 100, max_bytes = 256 << 20;

}  // namespace

Result<bool> Pages::turn(const host::HttpResponse& response, size_t bytes, size_t fresh) {
  const auto wrong = [&](std::string why) { return cannot(Kind::Corrupt, what_, std::move(why)); };
  asked_.insert(url_);
  idle_ = fresh == 0 ? idle_ + 1 : 0;
  bytes_ += bytes;
  const auto header = response.headers.find("link");
  const std::string next = header == response.headers.end() ? std::string() : link_target(header->second, "next");
  if (next.empty()) return false;
  TRY_ASSIGN(std::string url, session_.resolve(url_, next));
  if (!session_.is_ours(url)) return wrong(fmt::format("the next page would lie at '{}', which is not of this registry", visible(url.substr(0, 100))));
  if (asked_.contains(url)) return wrong("its pages do not end: one leads to a page that was there");
  if (asked_.size() >= max_pages) return wrong(fmt::format("its pages do not end: there are more than {}", max_pages));
  if (idle_ >= max_idle) return wrong(fmt::format("its pages do not end: {} of them brought nothing new", idle_));
  if (bytes_ > max_bytes) return wrong(fmt::format("its pages have more than {} MiB", max_bytes >> 20));
  url_ = std::move(url);
  return true;
}

}  // namespace ashlar::oci

#pragma once
// A list that a registry gives in pages (distribution-spec 1.1, "Listing Tags" and "Listing Referrers"; RFC 8288 for how one leads to the next).
#include <set>
#include <string>

#include "oci/inner/session.h"

namespace ashlar::oci {

/// Which page comes next. Whoever lists asks for `url()` and tells what came; a list that does not end is an error, and so is one that leads away from its registry: what lies there is none of its list.
class Pages {
 public:
  /// `session`: borrowed. `what`: the list, for errors.
  Pages(const Session& session, std::string what, std::string first) : session_(session), what_(std::move(what)), url_(std::move(first)) {}
  const std::string& url() const { return url_; }
  /// A page with an answer of so many bytes and `fresh` entries that none before had. True: there is another. Corrupt where it leads to another host, to a page that was there, through a hundred pages without
  /// anything new, or on beyond what anybody reads.
  Result<bool> turn(const host::HttpResponse& response, size_t bytes, size_t fresh);

 private:
  const Session& session_;
  std::string what_, url_;
  std::set<std::string> asked_;
  size_t idle_ = 0, bytes_ = 0;
};

}  // namespace ashlar::oci

#include "deb/access.h"

#include <gtest/gtest.h>

namespace ashlar::deb {
namespace {

struct Case {
  const char* summary;
  std::string url, asked, user, password, proxy;
};

TEST(Access, chooses_login_and_proxy) {
  Access access;
  const auto logins = parse_logins("# machine comment.example login nobody\nmachine one.example login ann password secret\n"
                                   "machine http://two.example/path\n  login bob\n  password other\nmachine three.example:8443 login cid password third\n",
                                   "auth.conf");
  ASSERT_TRUE(logins) << logins.error().message;
  access.logins = *logins;
  access.proxies = {{"http", "direct.example", ""}, {"http", "", "http://proxy.example:3128"}, {"https", "", "http://tls.example:3128"}};
  const std::string all = "http://proxy.example:3128", tls = "http://tls.example:3128";
  const Case cases[] = {
      {"a login without a protocol is for https", "https://one.example/debian", "https://one.example/debian", "ann", "secret", tls},
      {"and not for http", "http://one.example/debian", "http://one.example/debian", "", "", all},
      {"a login for a path", "http://two.example/path/x", "http://two.example/path/x", "bob", "other", all},
      {"and not for others", "http://two.example/x", "http://two.example/x", "", "", all},
      {"a login for a port", "https://three.example:8443/", "https://three.example:8443/", "cid", "third", tls},
      {"and not for another port", "https://three.example/", "https://three.example/", "", "", tls},
      {"a host that merely ends so", "https://not-one.example/", "https://not-one.example/", "", "", tls},
      {"a login in the address", "https://dan:pw@one.example/", "https://one.example/", "dan", "pw", tls},
      {"a comment is no login", "https://comment.example/", "https://comment.example/", "", "", tls},
      {"a host without proxy", "http://direct.example:80/x", "http://direct.example:80/x", "", "", "DIRECT"},
      {"https follows http where it has no rule for the host", "https://direct.example/x", "https://direct.example/x", "", "", tls},
      {"files have neither", "file:///srv/debian", "file:///srv/debian", "", "", ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.summary);
    const host::HttpRequest request = access.request(row.url);
    EXPECT_EQ(request.url, row.asked);
    EXPECT_EQ(request.user, row.user);
    EXPECT_EQ(request.password, row.password);
    EXPECT_EQ(request.proxy, row.proxy);
  }
  access.proxies = {{"http", "", all}};
  EXPECT_EQ(access.request("https://one.example/").proxy, all);
}

TEST(Access, refuses_half_logins) {
  for (const char* text : {"machine", "machine a login", "login a", "machine a login b password"}) {
    const auto logins = parse_logins(text, "auth.conf");
    ASSERT_FALSE(logins) << text;
    EXPECT_EQ(logins.error().kind, Kind::Invalid);
  }
}

TEST(Access, shows_addresses_without_logins) {
  EXPECT_EQ(public_url("https://ann:secret@one.example/debian"), "https://one.example/debian");
  EXPECT_EQ(public_url("https://one.example/a@b"), "https://one.example/a@b");
  EXPECT_EQ(public_url("https://:secret@one.example/debian"), "https://one.example/debian") << "a password without a user";
  EXPECT_EQ(public_url("https://ann@one.example"), "https://one.example");
  EXPECT_EQ(public_url("/srv/a@b"), "/srv/a@b") << "no address at all";
  EXPECT_EQ(Access().request("https://:secret@one.example/debian").url, "https://one.example/debian");
}

}  // namespace
}  // namespace ashlar::deb

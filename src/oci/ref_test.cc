#include "oci/ref.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::oci {
namespace {

const std::string some_digest = "sha256:" + std::string(64, 'a');

TEST(ImageRef, ReadsEveryTransport) {
  struct Row {
    const char* summary;
    std::string text;
    Transport transport;
    std::string location, tag, digest;
    std::string written;
  };
  const Row rows[] = {
      {"a layout", "oci:out", Transport::OciLayout, "out", "", "", "oci:out"},
      {"a layout and a tag", "oci:out/python:3.13", Transport::OciLayout, "out/python", "3.13", "", "oci:out/python:3.13"},
      {"the first colon ends the folder", "oci:out:a:b", Transport::OciLayout, "out", "a:b", "", "oci:out:a:b"},
      {"a tag that names a repository", "oci:/x:registry.example/python:3.13", Transport::OciLayout, "/x", "registry.example/python:3.13", "", "oci:/x:registry.example/python:3.13"},
      {"an archive", "oci-archive:/a/b.tar", Transport::OciArchive, "/a/b.tar", "", "", "oci-archive:/a/b.tar"},
      {"an archive and a tag", "oci-archive:b.tar:x", Transport::OciArchive, "b.tar", "x", "", "oci-archive:b.tar:x"},
      {"Docker's archive", "docker-archive:b.tar:python:3.13", Transport::DockerArchive, "b.tar", "python:3.13", "", "docker-archive:b.tar:python:3.13"},
      {"a folder, colons and all", "dir:/a:b", Transport::Folder, "/a:b", "", "", "dir:/a:b"},
      {"a registry", "docker://registry.example/python", Transport::Registry, "registry.example/python", "", "", "docker://registry.example/python"},
      {"with a tag", "docker://registry.example/team/python:3.13", Transport::Registry, "registry.example/team/python", "3.13", "", "docker://registry.example/team/python:3.13"},
      {"a port is no tag", "docker://localhost:5000/python", Transport::Registry, "localhost:5000/python", "", "", "docker://localhost:5000/python"},
      {"a port and a tag", "localhost:5000/python:x", Transport::Registry, "localhost:5000/python", "x", "", "docker://localhost:5000/python:x"},
      {"a digest", "registry.example/python@" + some_digest, Transport::Registry, "registry.example/python", "", some_digest, "docker://registry.example/python@" + some_digest},
      {"a layout's image by its digest", "oci:out@" + some_digest, Transport::OciLayout, "out", "", some_digest, "oci:out@" + some_digest},
      {"with a tag, too", "oci:out:3@" + some_digest, Transport::OciLayout, "out", "3", some_digest, "oci:out:3@" + some_digest},
      {"a layout's tag with what is no digest", "oci:out:3@x", Transport::OciLayout, "out", "3@x", "", "oci:out:3@x"},
      {"a tag and a digest", "registry.example/python:3@" + some_digest, Transport::Registry, "registry.example/python", "3", some_digest,
       "docker://registry.example/python:3@" + some_digest},
      {"an IPv6 address", "docker://[::1]:5000/a", Transport::Registry, "[::1]:5000/a", "", "", "docker://[::1]:5000/a"},
      {"a host has no case", "Registry.EXAMPLE:5000/a", Transport::Registry, "registry.example:5000/a", "", "", "docker://registry.example:5000/a"},
      {"separators inside path components", "registry.example/a-b--c/d_e__f.g", Transport::Registry, "registry.example/a-b--c/d_e__f.g", "", "", "docker://registry.example/a-b--c/d_e__f.g"},
      {"a tag of 128 characters", "registry.example/a:" + std::string(128, 'x'), Transport::Registry, "registry.example/a", std::string(128, 'x'), "",
       "docker://registry.example/a:" + std::string(128, 'x')},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto ref = ImageRef::parse(row.text);
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->transport, row.transport);
    EXPECT_EQ(ref->location, row.location);
    EXPECT_EQ(ref->tag, row.tag);
    EXPECT_EQ(ref->digest, row.digest);
    EXPECT_EQ(ref->str(), row.written);
    EXPECT_EQ(ImageRef::parse(ref->str())->str(), row.written);
  }
}

TEST(ImageRef, RefusesWhatIsNone) {
  struct Row {
    const char* summary;
    std::string text;
  };
  const Row rows[] = {
      {"nothing", ""},
      {"a layout nowhere", "oci:"},
      {"a tag without a folder", "oci::x"},
      {"an empty tag", "oci:out:"},
      {"a tag with a blank", "oci:out:a b"},
      {"a tag that begins with a dash", "oci:out:-x"},
      {"a bare word", "python"},
      {"a bare word and a tag", "python:3.13"},
      {"upper case in a repository", "registry.example/Python"},
      {"an empty component", "registry.example//python"},
      {"a slash at the end", "registry.example/python/"},
      {"a separator at the end", "registry.example/python-"},
      {"three underscores", "registry.example/a___b"},
      {"a host with a dash at its end", "registry-/python"},
      {"a port that is no number", "registry.example:x/python"},
      {"an address without its bracket", "[::1/python"},
      {"a tag of 129 characters", "registry.example/a:" + std::string(129, 'x')},
      {"an empty tag", "registry.example/a:"},
      {"a short digest", "registry.example/a@sha256:12"},
      {"another hash", "registry.example/a@md5:" + std::string(32, 'a')},
      {"a name beyond 255 characters", "registry.example/" + std::string(250, 'a')},
      {"an unknown transport", "ostree:/x"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    const auto ref = ImageRef::parse(row.text);
    ASSERT_FALSE(ref) << ref->str();
    EXPECT_EQ(ref.error().kind, Kind::Invalid);
    EXPECT_TRUE(ref.error().message.starts_with("cannot read image reference '")) << ref.error().message;
  }
}

TEST(ImageRef, StaysShortInErrors) {
  const auto ref = ImageRef::parse("oci:out:" + std::string(100'000, ' '));
  ASSERT_FALSE(ref);
  EXPECT_LT(ref.error().message.size(), 1000u);
}

}  // namespace
}  // namespace ashlar::oci

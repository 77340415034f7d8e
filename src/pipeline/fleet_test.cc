#include "pipeline/fleet.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::pipeline {
namespace {

std::string faults_of(const std::string& text) {
  const auto read = read_fleet(text, "/team/fleet.yaml");
  if (read) return "read";
  std::vector<std::string> out;
  for (const Fault& each : read.error().faults) out.push_back(std::to_string(each.line) + ": " + each.message + (each.hint.empty() ? "" : " (" + each.hint + ")"));
  return join(out, "\n");
}

TEST(Fleet, is_read_with_its_defaults) {
  const auto fleet = read_fleet(R"(policy: strict.yaml
announce: 30d
defaults: {owner: platform team, cadence: 7d, support: {from: 2026-01-01}}
images:
  - {definition: python/3.13.yaml, to: 'docker://registry.example/hardened/python', rollout: {canary: 3.13-canary, soak: 24h}, sla: pci-dss, downstream: [{target: forge, files: [Dockerfile]}]}
  - {definition: /elsewhere/nginx.yaml, to: 'oci:out/nginx:1.26', owner: web team, cadence: 1d, support: {until: 2028-06-30}, take: security, replaces: 'oci:old:nginx',
     downstream: [{target: forge, project: team/shop, base: stable, files: [Dockerfile, deploy/pod.yaml], name: mirror.example/nginx}]}
applications:
  - {image: 'docker://registry.example/shop:1', base: registry.example/hardened/python, owner: team shop}
)", "/team/fleet.yaml");
  ASSERT_TRUE(fleet) << fleet.error().message << faults_of("");
  EXPECT_EQ(fleet->policy, "/team/strict.yaml");
  EXPECT_EQ(fleet->announce, 30 * 86400);
  ASSERT_EQ(fleet->images.size(), 2U);
  const FleetImage &python = fleet->images[0], &nginx = fleet->images[1];
  EXPECT_EQ(python.definition, "/team/python/3.13.yaml");
  EXPECT_EQ(python.repository, "registry.example/hardened/python");
  EXPECT_EQ(python.cadence, 7 * 86400);
  EXPECT_EQ(python.owner, "platform team");
  EXPECT_EQ(nginx.owner, "web team");
  EXPECT_EQ(python.from, Time::parse("2026-01-01").value());
  EXPECT_EQ(python.rollout->canary, "3.13-canary");
  EXPECT_EQ(python.rollout->soak, 86400);
  EXPECT_EQ(python.sla, "pci-dss");
  EXPECT_FALSE(python.security_only);
  EXPECT_EQ(nginx.definition, "/elsewhere/nginx.yaml");
  EXPECT_EQ(nginx.to, "oci:/team/out/nginx:1.26");
  EXPECT_EQ(nginx.repository, "oci:/team/out/nginx");
  EXPECT_EQ(nginx.cadence, 86400);
  EXPECT_EQ(nginx.until, Time::parse("2028-06-30").value());
  EXPECT_TRUE(nginx.security_only);
  EXPECT_EQ(nginx.replaces, "oci:/team/old:nginx");
  ASSERT_EQ(nginx.downstream.size(), 1U);
  EXPECT_EQ(nginx.downstream[0].project, "team/shop");
  EXPECT_EQ(nginx.downstream[0].base, "stable");
  EXPECT_EQ(nginx.downstream[0].files, (std::vector<std::string>{"Dockerfile", "deploy/pod.yaml"}));
  EXPECT_EQ(nginx.downstream[0].name, "mirror.example/nginx");
  ASSERT_EQ(python.downstream.size(), 1U);
  EXPECT_EQ(python.downstream[0].name, "registry.example/hardened/python") << "what it is published as";
  EXPECT_EQ(python.downstream[0].project, "") << "the target's";
  EXPECT_EQ(python.replaces, "");
  ASSERT_EQ(fleet->applications.size(), 1U);
  EXPECT_EQ(fleet->applications[0].owner, "team shop");
  EXPECT_FALSE(fleet->applications[0].base_of_others);
}

TEST(Fleet, an_application_may_lie_on_an_image_of_others) {
  const auto fleet = read_fleet(R"(images: [{definition: a.yaml, to: 'oci:a'}]
applications:
  - {image: 'docker://h/shop:1', base: 'elsewhere.example/python:3.13', to: 'docker://h/shop:rebased', tests: tests/shop.yaml, downstream: [{target: forge, project: team/shop, files: [Dockerfile]}]}
  - {image: 'oci:stall:1', base: 'oci:base:1'}
)", "/team/fleet.yaml");
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_EQ(fleet->applications.size(), 2U);
  const FleetApplication &shop = fleet->applications[0], &stall = fleet->applications[1];
  EXPECT_TRUE(shop.base_of_others);
  EXPECT_EQ(shop.base, "docker://elsewhere.example/python:3.13");
  EXPECT_EQ(shop.tests, "/team/tests/shop.yaml");
  ASSERT_EQ(shop.downstream.size(), 1U);
  EXPECT_EQ(shop.downstream[0].name, "elsewhere.example/python") << "what its files call the base";
  EXPECT_EQ(stall.base, "oci:/team/base:1");
}

TEST(Fleet, words_choose_images_and_applications) {
  const auto fleet = read_fleet(R"(images:
  - {definition: python.yaml, to: 'docker://h/python'}
  - {definition: nginx.yaml, to: 'oci:out/nginx:1.26'}
applications:
  - {image: 'docker://h/shop:1', base: h/python, to: 'docker://h/shop:rebased'}
)", "/team/fleet.yaml").value();
  const struct { const char *word, *chosen; } rows[] = {
      {"h/python", "h/python"},           {"docker://h/python", "h/python"},         {"docker://h/python:3.13", "h/python"}, {"/team/python.yaml", "h/python"},
      {"oci:out/nginx:1.26", "oci:/team/out/nginx"}, {"oci:/team/out/nginx", "oci:/team/out/nginx"}, {"oci:/team/out/nginx:1.26", "oci:/team/out/nginx"}, {"docker://h/shop:1", "docker://h/shop:1"},
      {"h/shop:1", "docker://h/shop:1"},  {"docker://h/shop:rebased", "docker://h/shop:1"},
      {"h/shop", ""},                     {"oci:/team/out/nginx:1.27", ""},          {"h/pyth", ""},                         {"python.yaml", ""},
  };
  for (const auto& row : rows) {
    const auto choice = choose(fleet, {row.word});
    if (*row.chosen == '\0') {
      ASSERT_FALSE(choice) << row.word;
      EXPECT_EQ(choice.error().message, fmt::format("cannot renew '{}': the fleet has h/python, oci:/team/out/nginx, docker://h/shop:1", row.word));
      continue;
    }
    ASSERT_TRUE(choice) << choice.error().message;
    ASSERT_EQ(choice->images.size() + choice->applications.size(), 1U) << row.word;
    EXPECT_EQ(choice->images.empty() ? choice->applications[0]->ref : choice->images[0]->repository, row.chosen) << row.word;
  }
  EXPECT_EQ(choose(fleet, {})->images.size(), 2U);
  EXPECT_EQ(choose(fleet, {})->applications.size(), 1U);
  EXPECT_FALSE(choose(fleet, {"h/python", "h/other"})) << "one that is known does not excuse one that is not";
}

TEST(Fleet, faults_are_told_with_their_place) {
  const struct { const char *summary, *text, *expected; } rows[] = {
      {"no images", "policy: p.yaml\n", "1: a list of images is expected under 'images' (images: [{definition: python/3.13.yaml, to: 'oci:published'}])"},
      {"a key that is none", "images: [{definition: a.yaml, to: 'oci:a'}]\nimage: []\n", "2: unknown key 'image' (did you mean 'images'?)"},
      {"no definition", "images:\n  - {to: 'oci:a'}\n", "2: an image has a 'definition'"},
      {"published nowhere", "images:\n  - {definition: a.yaml}\n", "2: an image is published somewhere: 'to' (to: docker://HOST/REPO)"},
      {"an archive has no tags that move", "images:\n  - {definition: a.yaml, to: 'oci-archive:a.tar'}\n", "2: cannot make into 'oci-archive:a.tar': an archive has no tags that move; name oci:DIR[:TAG] or docker://HOST/REPO[:TAG]"},
      {"two in one place", "images:\n  - {definition: a.yaml, to: 'oci:a'}\n  - {definition: b.yaml, to: 'oci:a'}\n", "3: 'a.yaml' is published in that repository, too (each image of a fleet has a repository or layout of its own)"},
      {"two tags of one repository", "images:\n  - {definition: a.yaml, to: 'docker://h/a:1'}\n  - {definition: b.yaml, to: 'docker://h/a:2'}\n", "3: 'a.yaml' is published in that repository, too (each image of a fleet has a repository or layout of its own)"},
      {"one definition twice", "images:\n  - {definition: a.yaml, to: 'oci:a'}\n  - {definition: ./a.yaml, to: 'oci:b'}\n", "3: './a.yaml' is in the fleet already (publish it once, and copy it with `ashlar copy`)"},
      {"a canary that is a revision", "images:\n  - {definition: a.yaml, to: 'oci:a', rollout: {canary: 1.1-r1, soak: 1d}}\n", "2: the canary's tag '1.1-r1' has the form of a revision"},
      {"a length of time that is none", "images:\n  - {definition: a.yaml, to: 'oci:a', cadence: often}\n", "2: cannot read age 'often': it does not begin with a number"},
      {"support backwards", "images:\n  - {definition: a.yaml, to: 'oci:a', support: {from: 2027-01-01, until: 2026-01-01}}\n", "2: support ends before it begins"},
      {"a rollout without a soak", "images:\n  - {definition: a.yaml, to: 'oci:a', rollout: {canary: c}}\n", "2: a rollout has a 'soak' time (soak: 24h)"},
      {"a canary under the stable tag", "images:\n  - {definition: a.yaml, to: 'oci:a:1', rollout: {canary: '1', soak: 1d}}\n", "2: the canary's tag is the stable one"},
      {"a canary that everybody follows", "images:\n  - {definition: a.yaml, to: 'oci:a', rollout: {canary: latest, soak: 1d}}\n", "2: 'latest' is what they get who name no tag: none of them asked for a canary (rollout: {canary: next, soak: 24h})"},
      {"neither all nor security", "images:\n  - {definition: a.yaml, to: 'oci:a', take: some}\n", "2: 'some' is neither 'all' nor 'security'"},
      {"it took the place of what is no reference", "images:\n  - {definition: a.yaml, to: 'oci:a', replaces: 'oci:'}\n", "2: cannot read image reference 'oci:': it names no path (docker://HOST/REPO:TAG)"},
      {"no list of repositories", "images:\n  - {definition: a.yaml, to: 'docker://h/a', downstream: {target: f}}\n", "2: a list of repositories is expected here (downstream: [{target: forge, project: team/shop, files: [Dockerfile]}])"},
      {"a repository without files", "images:\n  - {definition: a.yaml, to: 'docker://h/a', downstream: [{target: f, files: []}]}\n", "2: a repository has a 'target', which is a forge of the configuration, and 'files' that name the image (downstream: [{target: forge, project: team/shop, files: [Dockerfile]}])"},
      {"a file outside of it", "images:\n  - {definition: a.yaml, to: 'docker://h/a', downstream: [{target: f, files: [../Dockerfile]}]}\n", "2: '../Dockerfile' is no path from a repository's root (deploy/Dockerfile)"},
      {"a project that is none", "images:\n  - {definition: a.yaml, to: 'docker://h/a', downstream: [{target: f, project: shop, files: [a]}]}\n", "2: 'shop' is no project (owner/name)"},
      {"a branch that is none", "images:\n  - {definition: a.yaml, to: 'docker://h/a', downstream: [{target: f, base: 'a b', files: [a]}]}\n", "2: 'a b' is no branch"},
      {"a layout, that no file can name", "images:\n  - {definition: a.yaml, to: 'oci:a', downstream: [{target: f, files: [a]}]}\n", "2: a layout has no name that files could call it by: 'name' is missing (name: registry.example/python)"},
      {"a name with a tag", "images:\n  - {definition: a.yaml, to: 'oci:a', downstream: [{target: f, files: [a], name: 'h/a:1'}]}\n", "2: 'h/a:1' is no name without tag and digest (name: registry.example/python)"},
      {"an application of nothing", "images:\n  - {definition: a.yaml, to: 'oci:a'}\napplications:\n  - {image: 'docker://h/shop:1', base: h/other}\n", "4: the fleet has no image 'h/other' (an image of others is named with the tag that is watched: docker://HOST/REPO:TAG)"},
      {"a base of others that never moves", "images:\n  - {definition: a.yaml, to: 'oci:a'}\napplications:\n  - {image: 'docker://h/shop:1', base: 'h/other:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}\n", "4: the fleet has no image 'h/other:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' (an image of others is named with the tag that is watched: docker://HOST/REPO:TAG)"},
      {"a build of nowhere", "images:\n  - {definition: a.yaml, to: 'docker://h/a'}\napplications:\n  - {image: 'docker://h/shop:1', base: h/a, build: {}}\n", "4: a build is started somewhere: 'target', which is one of the configuration (build: {target: forge, project: team/shop})"},
      {"a build of no project", "images:\n  - {definition: a.yaml, to: 'docker://h/a'}\napplications:\n  - {image: 'docker://h/shop:1', base: h/a, build: {target: f, project: shop}}\n", "4: 'shop' is no project (owner/name)"},
      {"those below an image of the fleet", "images:\n  - {definition: a.yaml, to: 'docker://h/a'}\napplications:\n  - {image: 'docker://h/shop:1', base: h/a, downstream: [{target: f, files: [a]}]}\n", "4: those whose files name an image of the fleet stand below that image"},
  };
  for (const auto& row : rows) EXPECT_EQ(faults_of(row.text), row.expected) << row.summary;
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(Fleet, the_schema_takes_what_the_reader_takes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/fleet.schema.json");
  const struct { const char *summary, *text; bool good; } rows[] = {
      {"the least", "images: [{definition: a.yaml, to: 'oci:a'}]\n", true},
      {"everything", "policy: p.yaml\nannounce: 90d\ndefaults: {cadence: 7d, sla: pci-dss, take: all}\nimages: [{definition: a.yaml, to: 'docker://h/a:1', cadence: 1d, support: {from: 2026-01-01, until: 2028-01-01}, rollout: {canary: c, soak: 24h}, take: security, replaces: 'docker://h/old:1', downstream: [{target: f, project: g/s/p, base: b, files: [a], name: m/a}]}]\n"
                     "applications: [{image: 'docker://h/shop:1', base: h/a, owner: team shop}, {image: 'docker://h/stall:1', base: 'h/other:1', to: 'docker://h/stall:2', tests: t.yaml, downstream: [{target: f, files: [a]}], build: {target: f, project: g/shop, base: main}}]\n", true},
      {"a build of nowhere", "images: [{definition: a.yaml, to: 'docker://h/a'}]\napplications: [{image: 'docker://h/shop:1', base: h/a, build: {project: g/shop}}]\n", false},
      {"a canary that everybody follows", "images: [{definition: a.yaml, to: 'oci:a', rollout: {canary: latest, soak: 24h}}]\n", false},
      {"no images", "images: []\n", false},
      {"an unknown key", "images: [{definition: a.yaml, to: 'oci:a', often: 1d}]\n", false},
      {"a repository without files", "images: [{definition: a.yaml, to: 'docker://h/a', downstream: [{target: f}]}]\n", false},
      {"a project that is none", "images: [{definition: a.yaml, to: 'docker://h/a', downstream: [{target: f, project: p, files: [a]}]}]\n", false},
      {"no soak", "images: [{definition: a.yaml, to: 'oci:a', rollout: {canary: c}}]\n", false},
      {"no age", "images: [{definition: a.yaml, to: 'oci:a', cadence: often}]\n", false},
      {"an archive", "images: [{definition: a.yaml, to: 'oci-archive:a.tar'}]\n", false},
  };
  for (const auto& row : rows) {
    std::string why;
    EXPECT_EQ(schema.takes(value_of(parse_yaml(row.text, "x").value().root), &why), row.good) << row.summary << ": " << why;
    EXPECT_EQ(read_fleet(row.text, "/team/fleet.yaml").has_value(), row.good) << row.summary;
  }
}
#endif

}  // namespace
}  // namespace ashlar::pipeline

#include "base/old_hash.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace ashlar {
namespace {

TEST(OldHasher, KnownAnswersInPieces) {
  OldHasher sha1(OldHash::Sha1), md5(OldHash::Md5);
  for (int round = 0; round < 2; ++round) {  // a finished hasher starts anew
    for (OldHasher* each : {&sha1, &md5}) {
      each->update(as_bytes("a"));
      each->update(as_bytes("bc"));
    }
    EXPECT_EQ(sha1.finish(), "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180-4, example
    EXPECT_EQ(md5.finish(), "900150983cd24fb0d6963f7d28e17f72");           // RFC 1321, A.5
  }
  EXPECT_EQ(md5.finish(), md5_hex({}));
}

}  // namespace
}  // namespace ashlar

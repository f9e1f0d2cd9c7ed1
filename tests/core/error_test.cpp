#include "core/error.hpp"

#include <array>

#include <gtest/gtest.h>

namespace mosaico::core {
namespace {

constexpr std::array kAllKinds = {ErrorKind::Invalid,          ErrorKind::NotFound,
                                  ErrorKind::AlreadyExists,    ErrorKind::Locked,
                                  ErrorKind::Unavailable,      ErrorKind::Unauthenticated,
                                  ErrorKind::PermissionDenied, ErrorKind::LimitExceeded,
                                  ErrorKind::Unsupported,      ErrorKind::Io,
                                  ErrorKind::Cancelled,        ErrorKind::Corrupt,
                                  ErrorKind::Internal};

TEST(Error, KeepsItsKindThroughStatusAndException) {
  for (const ErrorKind kind : kAllKinds) {
    SCOPED_TRACE(error_kind_name(kind));
    const Status status = error(kind, "topic ", 7, " is odd");
    EXPECT_EQ(kind_of(status), kind);
    EXPECT_EQ(status.message(), "topic 7 is odd");
    try {
      throw_if_error(status);
      FAIL() << "nothing was thrown";
    } catch (const Error& thrown) {
      EXPECT_EQ(thrown.code(), kind);
      EXPECT_STREQ(thrown.what(), "topic 7 is odd");
      EXPECT_EQ(kind_of(status_of(thrown)), kind);
    }
  }
}

TEST(Error, HasAnExceptionClassForItsKind) {
  EXPECT_THROW(throw_if_error(error(ErrorKind::NotFound, "x")), NotFoundError);
  EXPECT_THROW(throw_if_error(error(ErrorKind::Locked, "x")), LockedError);
  EXPECT_THROW(value_or_throw(Result<int>(error(ErrorKind::Io, "x"))), IoError);
}

TEST(Error, WithContextKeepsTheKind) {
  const Status status = with_context(error(ErrorKind::Corrupt, "bad checksum"), "chunk 3");
  EXPECT_EQ(kind_of(status), ErrorKind::Corrupt);
  EXPECT_EQ(status.message(), "chunk 3: bad checksum");
  EXPECT_TRUE(with_context(Status::OK(), "chunk 3").ok());
}

TEST(Error, ReadsTheKindOfArrowsOwnErrors) {
  EXPECT_EQ(kind_of(Status::Invalid("x")), ErrorKind::Invalid);
  EXPECT_EQ(kind_of(Status::KeyError("x")), ErrorKind::NotFound);
  EXPECT_EQ(kind_of(Status::IOError("x")), ErrorKind::Io);
  EXPECT_EQ(kind_of(Status::OutOfMemory("x")), ErrorKind::LimitExceeded);
  EXPECT_EQ(kind_of(Status::UnknownError("x")), ErrorKind::Internal);
}

TEST(Error, IsKindIsFalseForOk) {
  EXPECT_FALSE(is_kind(Status::OK(), ErrorKind::Internal));
  EXPECT_TRUE(is_kind(error(ErrorKind::Io, "x"), ErrorKind::Io));
  EXPECT_FALSE(is_kind(error(ErrorKind::Io, "x"), ErrorKind::Internal));
}

TEST(Error, OkThrowsNothing) { EXPECT_NO_THROW(throw_if_error(Status::OK())); }

}  // namespace
}  // namespace mosaico::core

// The small parts: single values as text, conditions, aliases, tables and the progress bar.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/quantity_text.hpp"
#include "cli/query_condition.hpp"
#include "cli/table_printer.hpp"
#include "cli/tables/cell_text.hpp"
#include "cli/tables/field_aliases.hpp"
#include "cli/tables/import_request.hpp"
#include "cli/tool_options.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::cli {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST(CellText, NumbersAreTakenWhole) {
  EXPECT_THAT(parse_number<double>(" +0.1 "), Optional(0.1));
  EXPECT_THAT(parse_number<std::int8_t>("-128"), Optional(std::int8_t{-128}));
  EXPECT_THAT(parse_number<std::int32_t>("3.0"), Optional(3));
  EXPECT_EQ(parse_number<std::int8_t>("128"), std::nullopt);
  EXPECT_EQ(parse_number<std::int32_t>("3.5"), std::nullopt);
  EXPECT_EQ(parse_number<double>("1,5"), std::nullopt);
  EXPECT_EQ(parse_number<double>("12 km"), std::nullopt);
  EXPECT_EQ(parse_number<double>(""), std::nullopt);
  EXPECT_TRUE(std::isnan(parse_number<double>("NaN").value_or(0)));
}

TEST(CellText, TimesAreExactToTheNanosecond) {
  EXPECT_THAT(parse_time_ns("1700000000.123456789", TimeUnit::Seconds),
              Optional(1'700'000'000'123'456'789));
  EXPECT_THAT(parse_time_ns("-0.5", TimeUnit::Milliseconds), Optional(-500'000));
  EXPECT_THAT(parse_time_ns("0.00000000051", TimeUnit::Seconds), Optional(1));
  EXPECT_THAT(parse_time_ns("9223372036854775807", TimeUnit::Nanoseconds),
              Optional(std::numeric_limits<std::int64_t>::max()));
  EXPECT_THAT(parse_time_ns("-9223372036854775808", TimeUnit::Nanoseconds),
              Optional(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(parse_time_ns("9223372036854775808", TimeUnit::Nanoseconds), std::nullopt);
  EXPECT_EQ(parse_time_ns("9223372037", TimeUnit::Seconds), std::nullopt);
  EXPECT_THAT(parse_time_ns("1e3", TimeUnit::Microseconds), Optional(1'000'000));
  EXPECT_THAT(parse_time_ns("2023-11-14T22:13:20Z", TimeUnit::Seconds),
              Optional(1'700'000'000'000'000'000));
  EXPECT_EQ(parse_time_ns("later", TimeUnit::Seconds), std::nullopt);
}

TEST(JsonText, Base64GoesBothWays) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_THAT(base64_decode(base64_encode(text)), Optional(text));
  }
  EXPECT_EQ(base64_encode("Ma"), "TWE=");
  for (const char* wrong : {"TWE", "T===", "TW=E", "T!E="})
    EXPECT_EQ(base64_decode(wrong), std::nullopt);
}

TEST(JsonText, BriefTextLeavesNullsOutAndShortensLists) {
  const auto value =
      nlohmann::json::parse(R"({"a":null,"b":{"c":null},"d":[1,2,3,4,5,6,7,8],"e":1.5})");
  EXPECT_EQ(brief_text(value), "{d: [1, 2, 3, 4, 5, 6, … 8 in all], e: 1.5}");
}

TEST(QuantityText, IsReadable) {
  EXPECT_EQ(mib_text(0), "0.00 MiB");
  EXPECT_EQ(mib_text(3 << 20), "3.00 MiB");
  EXPECT_EQ(count_text(1'234'567), "1 234 567");
  EXPECT_EQ(count_text(-123), "-123");
  EXPECT_EQ(duration_text(723), "12 min 03 s");
  EXPECT_EQ(time_text(5), "5");
  EXPECT_THAT(time_text(1'700'000'000'000'000'000), HasSubstr("(2023-11-14 22:13:20"));
}

TEST(TablePrinter, AlignsColumnsByCharacters) {
  TablePrinter table({"NAME", "ROWS>"});
  table.add({"müde", "5"});
  table.add({"x", "1234"});
  std::ostringstream out;
  table.print(out, "  ");
  EXPECT_EQ(out.str(), "  NAME  ROWS\n  müde     5\n  x     1234\n");
}

TEST(ProgressBar, ShowsShareRateAndTimeLeft) {
  std::ostringstream out;
  const ProgressBar::Time start{std::chrono::seconds(100)};
  ProgressBar bar("importing a", out, start);
  bar.update(0.25, 5'000, start + std::chrono::seconds(10));
  EXPECT_THAT(out.str(), HasSubstr("importing a [######.................."));
  EXPECT_THAT(out.str(), HasSubstr(" 25 %"));
  EXPECT_THAT(out.str(), HasSubstr("500 rows/s"));
  EXPECT_THAT(out.str(), HasSubstr("30.000 s left"));
  const auto drawn = out.str();
  bar.update(0.26, 5'100, start + std::chrono::milliseconds(10'050));
  EXPECT_EQ(out.str(), drawn);
}

TEST(ImportRequest, CommasSeparateOnlyBeforeAKey) {
  ASSERT_OK_AND_ASSIGN(
      const auto request,
      ImportRequest::parse("sensors/imu=/data/a,b=c.csv,as=IMU,time=t [s]:us,map=x:a;y:b*2"));
  EXPECT_EQ(request.topic, "sensors/imu");
  EXPECT_EQ(request.file, "/data/a,b=c.csv");
  EXPECT_EQ(request.as, "IMU");
  EXPECT_EQ(request.time_column, "t [s]");
  EXPECT_EQ(request.time_unit, TimeUnit::Microseconds);
  ASSERT_EQ(request.map.size(), 2U);
  EXPECT_EQ(request.map[1].expression, "b*2");
  for (const char* wrong : {"", "a", "=b", "a=", "a=b,as=", "a=b,as=IMU,tag=x", "a=b,map=x:y",
                            "a=b,time=c:h", "a=b,as=IMU,map=xy"}) {
    EXPECT_THAT(ImportRequest::parse(wrong), FailsAs(ErrorKind::Invalid)) << wrong;
  }
}

TEST(ImportRequest, ExpressionsReadScaleAndOffset) {
  const std::vector<std::string> columns = {"a", "a-1", "b*2"};
  const auto read = [&](const std::string& text) {
    const auto expression = parse_column_expression(text, columns);
    EXPECT_THAT(expression, IsOk()) << text;
    return expression.ValueOr(ColumnExpression{});
  };
  EXPECT_EQ(read("a-1").column, "a-1");
  EXPECT_EQ(read("b*2").scaling.scale, 1);
  EXPECT_EQ(read("a*-1e-3+273.15").scaling.scale, -1e-3);
  EXPECT_EQ(read("a*-1e-3+273.15").scaling.offset, 273.15);
  EXPECT_EQ(read("a-2").scaling.offset, -2);
  EXPECT_EQ(read("a-1-2").column, "a-1");
  EXPECT_THAT(parse_column_expression("c*2", columns), FailsAs(ErrorKind::Invalid));
  EXPECT_THAT(parse_column_expression("a*x", columns), FailsAs(ErrorKind::Invalid));
}

TEST(FieldAliases, NameFieldsAndUnits) {
  EXPECT_EQ(normalized_column_name("Latitude [deg]"), "latitude_deg");
  const auto down = find_field_alias("GPS", "velocity_down");
  ASSERT_TRUE(down.has_value());
  EXPECT_EQ(down->path, "velocity.z");
  EXPECT_EQ(down->scaling.scale, -1);
  EXPECT_EQ(find_field_alias("Magnetometer", "magnetometer_ga_2")->path, "magnetic_field.z");
  EXPECT_EQ(find_field_alias("Quaternion", "q_0")->path, "w");
  EXPECT_EQ(find_field_alias("IMU", "Gyro X (deg/s)")->path, "angular_velocity.x");
  EXPECT_FALSE(find_field_alias("IMU", "latitude").has_value());
  EXPECT_THAT(near_names("Imu", {"GPS", "IMU", "Image"}), ElementsAre("IMU"));
}

TEST(QueryConditions, AreRead) {
  const auto condition = parse_condition("sequence", "a.b ~ plan-4.");
  EXPECT_TRUE(condition.is_metadata);
  EXPECT_EQ(condition.field, "a.b");
  EXPECT_EQ(condition.op, "$match");
  EXPECT_EQ(parse_condition("sequence", "a<=-1.5").value, -1.5);
  EXPECT_EQ(parse_condition("sequence", "a = \"42\"").value, "42");
  EXPECT_EQ(parse_condition("sequence", "a != x=y").value, "x=y");
  EXPECT_EQ(parse_condition("topic", "a in 1,2").value, nlohmann::json({1, 2}));
  EXPECT_EQ(parse_condition("topic", "a between 1,2").op, "$between");
  EXPECT_EQ(parse_condition("topic", "a exists").op, "$ex");
  EXPECT_FALSE(parse_condition("topic", "ontology_tag = IMU").is_metadata);
  EXPECT_TRUE(parse_condition("sequence", "ontology_tag = IMU").is_metadata);
  EXPECT_TRUE(parse_condition("topic", "user_metadata.name = x").is_metadata);
  const auto row = parse_condition("ontology", "LaserScan.ranges[!]>=0.5");
  EXPECT_EQ(row.part, "ontology");
  EXPECT_EQ(row.field, "LaserScan.ranges[!]");
  EXPECT_EQ(row.op, "$geq");
  EXPECT_EQ(parse_condition("ontology", "A.b = [1,2]").value, nlohmann::json({1, 2}));
  EXPECT_EQ(parse_condition("topic", "a = [1,2]").value, "[1,2]");
  for (const char* wrong : {"", "a", "a =", "= 3", "a between 1"}) {
    EXPECT_THROW(parse_condition("topic", wrong), UsageError) << wrong;
  }
}

}  // namespace

}  // namespace mosaico::cli

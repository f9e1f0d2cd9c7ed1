// Tables as messages: types, units, times, odd files, and the three kinds of files.

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <iomanip>
#include <sstream>

#include "store_fixture.hpp"
#include "support/status_matchers.hpp"

namespace mosaico {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ImportTest : public ToolTest {
 protected:
  ToolResult import(const std::string& sequence, const std::string& topic) {
    return store_.run({"import", sequence, "--topic", topic});
  }
  // Imports the table and gives back its messages.
  std::vector<nlohmann::json> messages_of(const std::string& table,
                                          const std::string& options = "") {
    const auto result = import("table", "t=" + store_.write_file("table.csv", table) + options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return store_.run({"cat", "table", "--json"}).json_lines();
  }
  // An import that must fail, and leave nothing.
  std::string error_of(const std::string& table, const std::string& options = "") {
    const auto result = import("table", "t=" + store_.write_file("table.csv", table) + options);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, StartsWith("mosaico: "));
    EXPECT_EQ(store_.run({"ls", "--json"}).out, "");
    return result.err;
  }
};

TEST_P(ImportTest, AGpsTableFindsItsFields) {
  const auto messages = messages_of(
      "timestamp_ns,latitude_deg,longitude_deg,altitude_m,velocity_north,velocity_east,"
      "velocity_down,fix_type,satellites,hdop,vdop\n"
      "20471648000,63.4170622,10.4082151,66.814,0.047,-0.059,0.242,3,15,0.7,1.48\n",
      ",as=GPS");
  ASSERT_EQ(messages.size(), 1U);
  const auto& gps = messages[0]["data"];
  EXPECT_EQ(messages[0]["timestamp_ns"], 20'471'648'000);
  EXPECT_EQ(gps["position"]["x"], 63.4170622);
  EXPECT_EQ(gps["position"]["y"], 10.4082151);
  EXPECT_EQ(gps["position"]["z"], 66.814);
  EXPECT_EQ(gps["velocity"]["z"], -0.242);
  EXPECT_EQ(gps["status"]["status"], 3);
  EXPECT_EQ(gps["status"]["satellites"], 15);
  EXPECT_EQ(gps["status"]["service"], 0);
  EXPECT_EQ(gps["status"]["vdop"], 1.48);
}

TEST_P(ImportTest, UnitsAreTurned) {
  const auto magnetic = store_.write_file(
      "mag.csv",
      "timestamp_ns,magnetometer_ga_0,magnetometer_ga_1,magnetometer_ga_2\n1,0.5,-0.25,0\n");
  const auto air = store_.write_file(
      "air.csv", "timestamp_ns,baro_temp_celcius,baro_pressure_pa\n1,10,100294.5\n");
  const auto result = store_.run(
      {"import", "units", "--topic", "mag=" + magnetic + ",as=Magnetometer", "--topic",
       "temperature=" + air + ",as=Temperature", "--topic", "pressure=" + air + ",as=Pressure"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto messages = store_.run({"cat", "units", "--json"}).json_lines();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0]["data"]["magnetic_field"]["x"], 50);
  EXPECT_EQ(messages[0]["data"]["magnetic_field"]["y"], -25);
  EXPECT_EQ(messages[1]["data"]["value"], 10 + 273.15);
  EXPECT_EQ(messages[2]["data"]["value"], 100294.5);
}

TEST_P(ImportTest, AMapNamesFieldsScalesAndOffsets) {
  const auto messages =
      messages_of("when,a-1,b\n5,2,4\n", ",as=Vector3d,time=when:ms,map=x:a-1*10+1;y:b*-0.5;z:b-1");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0]["timestamp_ns"], 5'000'000);
  EXPECT_EQ(messages[0]["data"]["x"], 21);
  EXPECT_EQ(messages[0]["data"]["y"], -2);
  EXPECT_EQ(messages[0]["data"]["z"], 3);
}

TEST_P(ImportTest, ADerivedTypeKeepsEveryValue) {
  const auto messages = messages_of(
      "\xef\xbb\xbftimestamp_ns,count,big,ratio,ok,\"a name, quoted\",empty\r\n"
      "1,0,18446744073709551615,0,true,\"said \"\"no\"\",\nthen left\",\r\n"
      "2,-9223372036854775808,1,0.1,false,plain,\r\n"
      "3,,2,1e300,,\"\",\r\n");
  ASSERT_EQ(messages.size(), 3U);
  const auto& first = messages[0]["data"];
  EXPECT_EQ(first["big"].get<std::uint64_t>(), 18'446'744'073'709'551'615U);
  EXPECT_EQ(first["ok"], true);
  EXPECT_EQ(first["a name, quoted"], "said \"no\",\nthen left");
  EXPECT_TRUE(first["empty"].is_null());
  EXPECT_EQ(messages[1]["data"]["count"].get<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(messages[1]["data"]["ratio"], 0.1);
  EXPECT_TRUE(messages[2]["data"]["count"].is_null());
  EXPECT_TRUE(messages[2]["data"]["ok"].is_null());
  EXPECT_EQ(messages[2]["data"]["a name, quoted"], "");
  EXPECT_EQ(store_.run({"info", "table/t", "--json"}).json_lines().at(0)["ontology_tag"], "Table");
}

TEST_P(ImportTest, TimesAreExact) {
  const auto seconds = messages_of("t,v\n1700000000.123456789,1\n-0.000000001,2\n1.5e3,3\n");
  ASSERT_EQ(seconds.size(), 3U);
  EXPECT_EQ(seconds[0]["timestamp_ns"], -1);
  EXPECT_EQ(seconds[1]["timestamp_ns"], 1'500'000'000'000);
  EXPECT_EQ(seconds[2]["timestamp_ns"], 1'700'000'000'123'456'789);
}

TEST_P(ImportTest, RowsComeBackInOrderOfTime) {
  const auto messages = messages_of("timestamp_us,v\n3,c\n1,a\n2,b\n");
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0]["data"]["v"], "a");
  EXPECT_EQ(messages[2]["timestamp_ns"], 3'000);
}

TEST_P(ImportTest, AHeadingAloneIsATopicWithoutRows) {
  EXPECT_EQ(messages_of("timestamp_ns,x,y,z\n", ",as=Point3d").size(), 0U);
  const auto info = store_.run({"info", "table/t", "--json"}).json_lines().at(0);
  EXPECT_EQ(info["rows"], 0);
  EXPECT_TRUE(info["timestamp_ns_min"].is_null());
}

TEST_P(ImportTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
  EXPECT_THAT(error_of("timestamp_ns,a,a\n1,2,3\n"), HasSubstr("column 'a' is there twice"));
  EXPECT_THAT(error_of("timestamp_ns,a\n1,2\n2\n"),
              AllOf(HasSubstr("table.csv"), HasSubstr("Row #2")));
  EXPECT_THAT(error_of("when,a\n1,2\n"), AllOf(HasSubstr("no time column"), HasSubstr("when, a")));
  EXPECT_THAT(error_of("timestamp_ns,a\n1,2\n,3\n"),
              AllOf(HasSubstr("row 2"), HasSubstr("column 'timestamp_ns'"), HasSubstr("empty")));
  EXPECT_THAT(error_of("timestamp_ns,a\n1,2\nsoon,3\n"),
              AllOf(HasSubstr("row 2"), HasSubstr("\"soon\"")));
  EXPECT_THAT(error_of("timestamp_ns\n1\n"), HasSubstr("no column beside the time"));
  EXPECT_THAT(error_of("timestamp_ns,x,y,z\n1,0,oops,0\n", ",as=Point3d"),
              AllOf(HasSubstr("table.csv, row 1, column 'y'"), HasSubstr("oops")));
  EXPECT_THAT(error_of("timestamp_ns,x\n1,0\n", ",as=Imu"),
              AllOf(HasSubstr("no type 'Imu'"), HasSubstr("IMU")));
  EXPECT_THAT(error_of("timestamp_ns,accel_x,accel_y,accel_z\n1,0,0,0\n", ",as=IMU"),
              HasSubstr("angular_velocity"));
  EXPECT_THAT(error_of("timestamp_ns,x\n1,0\n", ",as=Point3d,map=q:x"), HasSubstr("no field 'q'"));
  EXPECT_THAT(error_of("timestamp_ns,x\n1,0\n", ",as=Point3d,map=y:nothing*2"),
              HasSubstr("nothing*2"));
  EXPECT_THAT(error_of("timestamp_ns,v\n1,300\n", ",as=Integer8"), HasSubstr("300"));
  EXPECT_THAT(error_of("timestamp_ns,v\n1,1\n2,\n", ",as=Integer8"),
              AllOf(HasSubstr("row 2"), HasSubstr("data")));
}

TEST_P(ImportTest, AMissingFileIsCode3) {
  const auto result = import("table", "t=" + store_.path("none.csv"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("none.csv"));
}

TEST_P(ImportTest, AnErrorAfterManyRowsFollowsThePolicy) {
  std::string table = "timestamp_ns,x,y,z\n";
  for (int i = 0; i < 200'000; ++i) table += std::to_string(i) + ",1,2,3\n";
  table += "x,1,2,3\n";
  const auto file = store_.write_file("long.csv", table);
  const auto deleted = import("kept", "p=" + file + ",as=Point3d");
  EXPECT_EQ(deleted.exit_code, 1);
  EXPECT_THAT(deleted.err, HasSubstr("row 200001"));
  EXPECT_EQ(store_.run({"ls", "--json"}).out, "");

  const auto reported = store_.run(
      {"import", "kept", "--topic", "p=" + file + ",as=Point3d", "--on-error", "report"});
  EXPECT_EQ(reported.exit_code, 1);
  EXPECT_EQ(store_.run({"ls", "--json"}).json_lines().at(0)["state"], "unlocked");
  EXPECT_THAT(store_.run({"info", "kept"}).out, HasSubstr("row 200001"));
  EXPECT_EQ(store_.run({"rm", "kept", "--force"}).exit_code, 0);
}

TEST_P(ImportTest, AnInterruptFollowsThePolicy) {
  // Long enough to be still running when its first rows can be seen.
  std::string table = "timestamp_ns,x,y,z\n";
  for (int i = 0; i < 3'000'000; ++i) table += std::to_string(i) + ",1,2,3\n";
  const auto file = store_.write_file("long.csv", table);
  // Another process sees the recording as soon as it is there.
  const auto is_there = [&] { return store_.run({"info", "kept"}).exit_code == 0; };
  const auto deleted =
      store_.run_until({"import", "kept", "--topic", "p=" + file + ",as=Point3d"}, is_there);
  EXPECT_EQ(deleted.exit_code, 1);
  EXPECT_THAT(deleted.err, HasSubstr("interrupted"));
  EXPECT_EQ(store_.run({"ls", "--json"}).out, "");

  const auto reported = store_.run_until(
      {"import", "kept", "--topic", "p=" + file + ",as=Point3d", "--on-error", "report"}, is_there);
  EXPECT_EQ(reported.exit_code, 1);
  EXPECT_EQ(store_.run({"ls", "--json"}).json_lines().at(0)["state"], "unlocked");
}

// The same two rows in each kind of file.
std::shared_ptr<arrow::RecordBatch> two_rows() {
  arrow::Int64Builder times;
  arrow::FloatBuilder values;
  arrow::StringDictionaryBuilder names;
  EXPECT_TRUE(times.AppendValues({2, 1}).ok());
  EXPECT_TRUE(values.AppendValues({0.1F, 0.2F}).ok());
  EXPECT_TRUE(names.Append("b").ok() && names.Append("a").ok());
  const auto schema = arrow::schema(
      {arrow::field("timestamp_ms", arrow::int64(), false), arrow::field("value", arrow::float32()),
       arrow::field("name", arrow::dictionary(arrow::int8(), arrow::utf8()))});
  return arrow::RecordBatch::Make(schema, 2, {*times.Finish(), *values.Finish(), *names.Finish()});
}

TEST_P(ImportTest, ParquetAndArrowFilesAreRead) {
  const auto batch = two_rows();
  const auto write = [&](const std::string& name, const auto& body) {
    ASSERT_OK_AND_ASSIGN(auto out, arrow::io::FileOutputStream::Open(store_.path(name)));
    ASSERT_THAT(body(out), IsOk());
    ASSERT_THAT(out->Close(), IsOk());
  };
  const auto write_ipc = [&](const std::shared_ptr<arrow::ipc::RecordBatchWriter>& writer) {
    const auto status = writer->WriteRecordBatch(*batch);
    return status.ok() ? writer->Close() : status;
  };
  write("a.parquet", [&](const auto& out) {
    return parquet::arrow::WriteTable(**arrow::Table::FromRecordBatches({batch}),
                                      arrow::default_memory_pool(), out);
  });
  write("b.arrow", [&](const auto& out) {
    return write_ipc(*arrow::ipc::MakeFileWriter(out, batch->schema()));
  });
  write("c.arrows", [&](const auto& out) {
    return write_ipc(*arrow::ipc::MakeStreamWriter(out, batch->schema()));
  });
  for (const char* name : {"a.parquet", "b.arrow", "c.arrows"}) {
    const std::string sequence(1, name[0]);
    const auto result = import(sequence, "t=" + store_.path(name) + ",tag=Sample");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto messages = store_.run({"cat", sequence, "--json"}).json_lines();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0]["timestamp_ns"], 1'000'000);
    EXPECT_EQ(messages[0]["data"]["value"].get<float>(), 0.2F);
    EXPECT_EQ(messages[0]["data"]["name"], "a");
  }
  const auto typed =
      import("typed", "t=" + store_.path("a.parquet") + ",as=Floating64,map=data:value");
  EXPECT_EQ(typed.exit_code, 0) << typed.err;
}

// One column `v` of doubles, in each kind of file.
std::vector<std::string> write_doubles(const StoreFixture& store,
                                       const std::vector<double>& values) {
  arrow::Int64Builder times;
  arrow::DoubleBuilder doubles;
  std::ostringstream text;
  text << "timestamp_ns,v\n" << std::setprecision(17);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_THAT(times.Append(static_cast<std::int64_t>(i)), IsOk());
    EXPECT_THAT(doubles.Append(values[i]), IsOk());
    text << i << ',' << values[i] << '\n';
  }
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("timestamp_ns", arrow::int64()),
                                              arrow::field("v", arrow::float64())}),
                               std::ssize(values), {*times.Finish(), *doubles.Finish()});
  std::vector<std::string> paths = {store.write_file("v.csv", text.str()), store.path("v.parquet"),
                                    store.path("v.arrow")};
  auto out = *arrow::io::FileOutputStream::Open(paths[1]);
  EXPECT_THAT(parquet::arrow::WriteTable(**arrow::Table::FromRecordBatches({batch}),
                                         arrow::default_memory_pool(), out),
              IsOk());
  EXPECT_THAT(out->Close(), IsOk());
  auto ipc_out = *arrow::io::FileOutputStream::Open(paths[2]);
  auto writer = *arrow::ipc::MakeFileWriter(ipc_out, batch->schema());
  EXPECT_THAT(writer->WriteRecordBatch(*batch), IsOk());
  EXPECT_THAT(writer->Close(), IsOk());
  EXPECT_THAT(ipc_out->Close(), IsOk());
  return paths;
}

TEST_P(ImportTest, ScaledIntegersAreRoundedAlikeFromEveryKindOfFile) {
  for (const auto& path : write_doubles(store_, {0.04, 0.05, -0.06, 1e14, 0.3})) {
    const std::string sequence = path.ends_with("csv") ? "a" : path.ends_with('w') ? "b" : "c";
    const auto result = import(sequence, "t=" + path + ",as=Integer64,map=data:v*10+1");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    std::vector<std::int64_t> values;
    for (const auto& line : store_.run({"cat", sequence, "--json"}).json_lines()) {
      values.push_back(line["data"]["data"].get<std::int64_t>());
    }
    EXPECT_EQ(values, (std::vector<std::int64_t>{1, 2, 0, 1'000'000'000'000'001, 4})) << path;
  }
}

TEST_P(ImportTest, ScaledIntegersThatDoNotFitAreNamedAlikeFromEveryKindOfFile) {
  for (const auto& [type, value] : std::vector<std::pair<std::string, double>>{
           {"Integer8", 12.75}, {"Unsigned8", -0.06}, {"Integer64", 1e18}}) {
    for (const auto& path : write_doubles(store_, {1, value})) {
      const auto result = import("table", "t=" + path + ",as=" + type + ",map=data:v*10");
      EXPECT_EQ(result.exit_code, 1) << type << path;
      EXPECT_THAT(result.err, AllOf(HasSubstr("row 2, column 'v'"), HasSubstr("integer of type")))
          << path;
    }
  }
}

TEST_P(ImportTest, RowsOfManyMiBAreRead) {
  const std::string large(5 << 20, 'x');
  const std::string quoted = "\"" + std::string(3 << 20, '\n') + "\"";
  std::string table = "timestamp_ns,n,text\n";
  for (int i = 0; i < 50'000; ++i)
    table += std::to_string(i) + "," + std::to_string(i) + ",short\n";
  table += "50000,50000," + large + "\n50001,50001," + quoted + "\n";
  for (int i = 50'002; i < 60'000; ++i)
    table += std::to_string(i) + "," + std::to_string(i) + ",s\n";
  const auto result = import("large", "t=" + store_.write_file("large.csv", table));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::int64_t rows = 0;
  auto client = store_.client();
  for (const auto& message : client.topic_handler("large", "t")->get_data_streamer()) {
    ASSERT_EQ(message.field("n"), rows);
    const auto text = message.field("text")->get<std::string>();
    const bool is_right = rows == 50'000   ? text == large
                          : rows == 50'001 ? text == std::string(3 << 20, '\n')
                                           : text.size() <= 5;
    ASSERT_TRUE(is_right) << rows;
    ++rows;
  }
  EXPECT_EQ(rows, 60'000);
}

TEST_P(ImportTest, AFirstRowOfManyMiBIsRead) {
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(messages_of("timestamp_ns,text\n1," + large + "\n2,y\n").size(), 2U);
}

TEST_P(ImportTest, AJunkFileIsAnError) {
  for (const std::string magic : {"PAR1", "ARROW1", "\xff\xff\xff\xff"}) {
    const auto result =
        import("junk", "t=" + store_.write_file("junk.bin", magic + "and then nothing good"));
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("junk.bin"));
  }
}

TEST_P(ImportTest, JsonTellsWhatWasImported) {
  const auto file = store_.write_file("a.csv", "timestamp_ns,v\n1,2\n");
  const auto line =
      store_.run({"import", "s", "--topic", "a=" + file, "--json"}).json_lines().at(0);
  EXPECT_EQ(line["sequence"], "s");
  EXPECT_EQ(line["rows"], 1);
}

INSTANTIATE_TEST_SUITE_P(Places, ImportTest, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

}  // namespace

}  // namespace mosaico

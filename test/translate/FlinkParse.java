// Flink's own parser, for test/translate/flink.test.ts: reads statements from standard input, separated by a line of dashes; prints one line for each: ok, or why not.
import java.nio.charset.StandardCharsets;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.flink.sql.parser.impl.FlinkSqlParserImpl;
import org.apache.flink.sql.parser.validate.FlinkSqlConformance;

public class FlinkParse {
  public static void main(String[] args) throws Exception {
    String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    SqlParser.Config config =
        SqlParser.config()
            .withParserFactory(FlinkSqlParserImpl.FACTORY)
            .withConformance(FlinkSqlConformance.DEFAULT)
            .withQuoting(Quoting.BACK_TICK)
            .withUnquotedCasing(Casing.UNCHANGED)
            .withQuotedCasing(Casing.UNCHANGED)
            .withCaseSensitive(true);
    for (String sql : all.split("\n----\n")) {
      try {
        SqlParser.create(sql, config).parseStmtList();
        System.out.println("ok");
      } catch (Exception e) {
        System.out.println(String.valueOf(e.getMessage()).replace('\n', ' '));
      }
    }
  }
}

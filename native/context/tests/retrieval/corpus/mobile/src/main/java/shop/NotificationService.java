package shop;

import java.util.ArrayList;
import java.util.List;

/** Tells people about their orders on their phones. */
public class NotificationService {
    private final List<PushListener> listeners = new ArrayList<>();

    public interface PushListener {
        void onMessage(String title, String body);
    }

    public void subscribe(PushListener listener) {
        listeners.add(listener);
    }

    /** Sends a message to everybody who listens. */
    public void broadcast(String title, String body) {
        for (PushListener listener : listeners) {
            listener.onMessage(title, body);
        }
    }
}

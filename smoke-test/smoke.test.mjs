// Tests the packaged extension in a real VS Code with a stand-in for the ChatGPT extension, through the
// browser and over HTTP. To run one topic: `node --test smoke-test/topics/create.test.mjs`.

import "./topics/activation.test.mjs";
import "./topics/create.test.mjs";
import "./topics/draft.test.mjs";
import "./topics/continue.test.mjs";
import "./topics/ownership.test.mjs";
import "./topics/panel.test.mjs";
import "./topics/approvals.test.mjs";
import "./topics/extension-api.test.mjs";
import "./topics/code.test.mjs";
import "./topics/foreign-page.test.mjs";
import "./topics/commands.test.mjs";
import "./topics/views.test.mjs";
import "./topics/user-commands.test.mjs";
import "./topics/settings.test.mjs";
import "./topics/failed-start.test.mjs";
import "./topics/second-window.test.mjs";
import "./topics/reload.test.mjs";
import "./topics/killed-host.test.mjs";

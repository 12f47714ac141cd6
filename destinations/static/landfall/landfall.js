"use strict";

/* What the admin's pages of Landfall do without a reload. Each part is asked for by a data attribute. */

(() => {
    const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const csrf = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;

    class Refused extends Error {}

    async function ask(url, options = {}) {
        let response;
        try {
            response = await fetch(url, { headers: { Accept: "application/json" }, redirect: "manual", ...options });
        } catch {
            throw new Refused("Landfall does not answer. Look whether you are online, then try again.");
        }
        if (response.type === "opaqueredirect") throw new Refused("You are signed out. Reload the page to sign in.");
        const isJson = (response.headers.get("Content-Type") || "").includes("json");
        const answer = isJson ? await response.json() : {};
        if (!response.ok) throw new Refused(answer.message || `That did not work (${response.status}). Reload the page.`);
        return answer;
    }

    const post = (url, body) => ask(url, { method: "POST", body, headers: { "X-CSRFToken": csrf() } });

    function busy(button, word) {
        const label = button.querySelector("[data-lf-word]") || button;
        const before = label.textContent;
        button.disabled = true;
        if (word) label.textContent = word;
        return (after) => {
            button.disabled = false;
            label.textContent = after || before;
        };
    }

    /* The overview of a destination: start a check, then show how it goes until it has ended. */
    function watch(page) {
        const button = page.querySelector("[data-lf-check]");
        const problem = page.querySelector("[data-lf-problem]");
        const announce = page.querySelector("[data-lf-announce]");

        function show(answer) {
            for (const [name, html] of Object.entries(answer.parts)) {
                // Rows that someone has opened are left alone until there is something new to show.
                if (name === "history" && !answer.finished) continue;
                page.querySelector(`[data-lf-part=${name}]`).innerHTML = html;
            }
            if (announce.textContent !== answer.announcement) announce.textContent = answer.announcement;
            return answer.finished;
        }

        async function follow(first) {
            const began = Date.now();
            let finished = first ? show(first) : false;
            while (!finished) {
                await pause(Date.now() - began < 10000 ? 400 : 2000);
                finished = show(await ask(page.dataset.statusUrl));
            }
        }

        async function run(start) {
            const release = button && busy(button, "Checking…");
            problem.hidden = true;
            try {
                await follow(start && (await post(page.dataset.checkUrl)));
            } catch (error) {
                if (!(error instanceof Refused)) throw error;
                problem.textContent = error.message;
                problem.hidden = false;
            } finally {
                if (release) release("Check now");
            }
        }

        if (button) button.addEventListener("click", () => run(true));
        if ("unfinished" in page.dataset) run(false);
    }

    /* The form: environments follow the tenant, and what it holds can be checked before it is saved. */
    function form(page) {
        const tried = page.querySelector("[data-lf-tried]");
        const button = page.querySelector("[data-lf-try]");
        button.addEventListener("click", async () => {
            const release = busy(button, "Checking…");
            tried.hidden = false;
            tried.textContent = "Checking what the form holds…";
            try {
                tried.innerHTML = (await post(page.dataset.tryUrl, new FormData(page))).html;
            } catch (error) {
                if (!(error instanceof Refused)) throw error;
                tried.textContent = error.message;
            } finally {
                release();
                tried.scrollIntoView({ block: "center" });
            }
        });

        const tenant = page.querySelector("#id_tenant");
        const environment = page.querySelector("#id_environment");
        if (!tenant || !window.django) return;
        // The tenant box is a select2, which tells of changes through jQuery only.
        window.django.jQuery(tenant).on("change", async () => {
            const url = `${page.dataset.environmentsUrl}?tenant=${encodeURIComponent(tenant.value)}`;
            const { environments } = await ask(url);
            environment.length = 1;
            for (const { id, name } of environments) environment.add(new Option(name, id));
        });
    }

    function pairs(group) {
        group.addEventListener("click", (event) => {
            if (event.target.closest("[data-lf-pair-remove]")) event.target.closest(".lf-pair").remove();
            if (!event.target.closest("[data-lf-pair-add]")) return;
            const row = group.querySelector("template").content.cloneNode(true);
            const name = row.querySelector("input");
            group.insertBefore(row, group.querySelector("[data-lf-pair-add]"));
            name.focus();
        });
    }

    function copy(button) {
        const word = button.querySelector("[data-lf-word]");
        button.addEventListener("click", async () => {
            const box = document.getElementById(button.dataset.lfCopy);
            box.select();
            // Without HTTPS browsers offer only the old way.
            if (navigator.clipboard) await navigator.clipboard.writeText(box.value);
            else document.execCommand("copy");
            word.textContent = "Copied";
        });
    }

    /* The list: rows whose check is under way are looked at again until it has ended. */
    async function list(table) {
        while (table.querySelector("[data-lf-busy]")) {
            await pause(2000);
            if (document.hidden) continue;
            const response = await fetch(location.href, { redirect: "manual" });
            if (!response.ok) return;
            const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
            const rows = new Map([...fresh.querySelectorAll("#result_list .data-row")].map((row) => [key(row), row]));
            for (const cell of table.querySelectorAll("[data-lf-busy]")) {
                const row = cell.closest(".data-row");
                const now = rows.get(key(row));
                if (!now) return;
                for (const name of ["field-health", "field-last_check"]) {
                    row.querySelector(`.${name}`).innerHTML = now.querySelector(`.${name}`).innerHTML;
                }
            }
        }
    }
    const key = (row) => row.querySelector("a[href]").getAttribute("href");

    document.addEventListener("DOMContentLoaded", () => {
        const each = (selector, start) => document.querySelectorAll(selector).forEach(start);
        each("[data-lf-watch]", watch);
        each("[data-lf-form]", form);
        each("[data-lf-pairs]", pairs);
        each("[data-lf-copy]", copy);
        each("#result_list", list);
    });
})();

"""A browser, and somebody who clicks."""

from __future__ import annotations

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.conformance

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--window-size=1200,900",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.fail("A browser is missing: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as started:
        yield started


def loaded_pictures(browser):
    """Widths of the pictures of a page, when all of them are there."""
    script = "return [...document.images].map(image => image.complete ? image.naturalWidth : -1)"
    return WebDriverWait(browser, 120).until(
        lambda _: (widths := browser.execute_script(script)) and -1 not in widths and widths
    )


def click(browser, element):
    """Click, and wait for another page."""
    before = browser.find_element(By.TAG_NAME, "html")
    element.click()
    WebDriverWait(browser, 120).until(lambda _: browser.find_element(By.TAG_NAME, "html") != before)


@pytest.mark.parametrize("address", ["demo"], indirect=True)
def test_from_the_front_page_to_a_part_of_an_image(browser, address):
    browser.get(f"{address}/")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Images of demo"
    box = browser.find_element(By.NAME, "QUERY")
    box.clear()
    box.send_keys("SELECT TOP 3 obs_id, s_ra, access_url, access_format FROM ivoa.ObsCore WHERE calib_level = 2")
    click(browser, browser.find_element(By.TAG_NAME, "button"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "tbody tr")) == 3
    click(browser, browser.find_element(By.LINK_TEXT, "links"))
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith("butler://demo/")
    assert loaded_pictures(browser) == [512]
    Select(browser.find_element(By.NAME, "RESPONSEFORMAT")).select_by_visible_text("png")
    click(browser, browser.find_element(By.TAG_NAME, "button"))
    assert loaded_pictures(browser)[0] > 10
    said = [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]
    assert [message for message in said if "favicon.ico" not in message] == []


@pytest.mark.parametrize("address", ["demo"], indirect=True)
def test_every_example_has_an_answer_and_mistakes_are_told(browser, address):
    browser.get(f"{address}/")
    links = [link.get_attribute("href") for link in browser.find_elements(By.CSS_SELECTOR, "dt a")]
    assert len(links) > 4
    for link in links:
        browser.get(link)
        assert browser.find_elements(By.TAG_NAME, "th")
        assert browser.find_elements(By.CSS_SELECTOR, "tbody tr"), link
    browser.get(f"{address}/api/tap/sync?LANG=ADQL&RESPONSEFORMAT=html&QUERY=SELECT+obs_idd+FROM+ivoa.ObsCore")
    assert "Did you mean 'obs_id'" in browser.find_element(By.CLASS_NAME, "error").text


@pytest.mark.parametrize("address", ["demo"], indirect=True)
def test_what_a_table_holds_is_not_run(browser, address):
    browser.get(
        f"{address}/api/tap/sync?LANG=ADQL&RESPONSEFORMAT=html&MAXREC=1"
        "&QUERY=SELECT+'<script>document.title=1</script>'+AS+x,'javascript:alert(1)'+AS+access_url+FROM+ivoa.ObsCore"
    )
    assert browser.title == "Rows"
    cells = browser.find_elements(By.TAG_NAME, "td")
    assert [cell.text for cell in cells] == ["<script>document.title=1</script>", "javascript:alert(1)"]
    assert browser.find_elements(By.TAG_NAME, "a") == []

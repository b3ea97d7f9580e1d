"""The only place that constructs the engine, the providers, the templates and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine

from reminders.clock import Clock, system_clock
from reminders.config import Config, EmailProvider, SmsProvider
from reminders.config.settings import is_loopback, longest_hand_over
from reminders.dispatching import Pace, Work
from reminders.logs import quiet_libraries
from reminders.messages import Templates, load_templates
from reminders.model import Channel, Refusal
from reminders.providers import Provider
from reminders.providers.outbox import OutboxProvider
from reminders.providers.smtp import SmtpProvider, SmtpSettings
from reminders.providers.twilio import TwilioProvider, TwilioSettings
from reminders.store import schema
from reminders.store.demonstrations import is_demonstration
from reminders.store.engine import open_engine, reading


@dataclass(frozen=True, kw_only=True)
class App:
    """Everything a command works with."""

    config: Config
    engine: Engine
    clock: Clock
    templates: Templates

    def prepare(self) -> None:
        """Bring the embedded database up to date, or refuse a server's that is not. Raises DatabaseTrouble."""
        schema.prepare(self.engine)

    def close(self) -> None:
        self.engine.dispose()


def open_app(config: Config, clock: Clock = system_clock) -> App:
    """Construct everything; connects to nothing yet. Raises TemplateFaults."""
    quiet_libraries()
    rules = [rule for treatment in config.clinic.treatments.values() for rule in treatment.rules]
    templates = load_templates(
        config.templates_dir / "messages", config.clinic, rules, allowed_words=config.messages.allowed_words
    )
    return App(config=config, engine=open_engine(config.database_url), clock=clock, templates=templates)


def uses_outbox(config: Config) -> bool:
    """Whether everything stays on this machine."""
    return config.sms.provider is SmsProvider.OUTBOX and config.email.provider is EmailProvider.OUTBOX


def require_outbox(config: Config) -> None:
    """What is invented stays here. Raises Refusal where a provider really sends."""
    if not uses_outbox(config):
        raise Refusal(
            "Messages really leave by this configuration, and an invented clinic is only for the outbox: set "
            'sms.provider and email.provider to "outbox", or use a database of its own for the real clinic.'
        )


def require_harmless(app: App) -> None:
    """Nothing is sent for invented patients. Raises Refusal, DatabaseTrouble."""
    with reading(app.engine) as tx:
        is_invented = is_demonstration(tx)
    if is_invented:
        require_outbox(app.config)


def open_work(app: App, should_stop: Callable[[], bool] = lambda: False) -> Work:
    """What dispatching needs, with the configured providers; told to stop, they hand nothing more over."""
    config, dispatch = app.config, app.config.dispatch
    is_real_sms = config.sms.provider is SmsProvider.TWILIO
    return Work(
        engine=app.engine,
        clock=app.clock,
        clinic=config.clinic,
        templates=app.templates,
        providers={Channel.SMS: _sms_provider(app, should_stop), Channel.EMAIL: _email_provider(app, should_stop)},
        staff_email=config.staff_email,
        pace=Pace(
            batch_size=dispatch.batch_size,
            lease=timedelta(seconds=dispatch.lease_seconds),
            hand_over=timedelta(seconds=longest_hand_over(config.sms, config.email)),
            in_doubt_wait=timedelta(seconds=dispatch.in_doubt_wait_seconds),
            horizon=timedelta(seconds=dispatch.tick_seconds),
            # The outbox has no sender whose rate could be passed.
            segments_per_second=config.sms.segments_per_second if is_real_sms else None,
        ),
    )


def _sms_provider(app: App, should_stop: Callable[[], bool]) -> Provider:
    if app.config.sms.provider is SmsProvider.OUTBOX:
        return OutboxProvider(app.clock)
    twilio = app.config.sms.twilio
    settings = TwilioSettings(
        account_sid=twilio.account_sid,
        auth_token=twilio.auth_token.get_secret_value(),
        from_number=twilio.from_number,
        messaging_service_sid=twilio.messaging_service_sid,
        base_url=twilio.base_url,
        timeout_seconds=twilio.timeout_seconds,
        concurrency=twilio.concurrency,
    )
    return TwilioProvider(settings, app.clock, _callback_url(app.config), should_stop)


def _callback_url(config: Config) -> str | None:
    """Twilio cannot reach this very machine: without a public address it is not asked to call back."""
    url = config.web.public_url
    return url if url and not is_loopback(urlsplit(url).hostname or "") else None


def _email_provider(app: App, should_stop: Callable[[], bool]) -> Provider:
    if app.config.email.provider is EmailProvider.OUTBOX:
        return OutboxProvider(app.clock)
    smtp = app.config.email.smtp
    settings = SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security.value,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        from_address=smtp.from_address,
        from_name=app.config.clinic.name,
        timeout_seconds=smtp.timeout_seconds,
    )
    return SmtpProvider(settings, app.clock, should_stop=should_stop)

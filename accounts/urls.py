"""Pages of signing in and of the own profile."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("language/", views.set_language, name="set-language"),
    path("me/", views.me, name="me"),
    path("me/profile/", views.save_profile, name="save-profile"),
    path("me/password/", views.change_password, name="change-password"),
]
